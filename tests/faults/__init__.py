"""Faults made by hand in the kernels, each of which a test must catch.

``python -m tests.faults`` puts them, one at a time, into a copy of the tree, builds it and runs the
tests of the kernels. A fault that survives calls for a test.
"""
