"""Programs that are hard on the package: ``python -m tests.stress NAME --help``.

Signals at random moments, processes that are killed, disks that are full. They take minutes and are
no part of the test suite, which holds short forms of them.
"""
