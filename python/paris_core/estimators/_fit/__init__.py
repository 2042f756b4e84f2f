"""From what `fit` is given to what the outer loop needs."""
