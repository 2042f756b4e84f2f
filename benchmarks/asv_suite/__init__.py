"""The asv suite: one file per topic. `setup` only builds data; see ../../asv.conf.json."""
