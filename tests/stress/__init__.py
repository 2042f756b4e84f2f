"""Programs that are hard on the package: ``python -m tests.stress NAME --help``.

They take minutes and are no part of the test suite, which holds short forms of them.
"""
