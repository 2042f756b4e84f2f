"""Ctrl-C: heeded by those who would swallow it, and during long calls of NumPy."""
