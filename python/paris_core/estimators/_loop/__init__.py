"""The outer loop, in its parts."""
