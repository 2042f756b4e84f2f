"""A corpus of bits: what the package has computed, to be computed again to the last bit.

``python -m tests.bits`` checks every instruction-set level that this machine supports against the
digests stored beside this file; ``--write`` writes them anew. A refactoring must not change a bit.
"""
