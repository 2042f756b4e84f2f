"""Whether one model does better than another on the same rows, beyond chance."""

from .gain import Gain, paired_gain

__all__ = ["Gain", "paired_gain"]
