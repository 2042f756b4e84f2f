"""Extractors without a head of their own: a ridge regression on the features that they give."""
