"""Whether one model does better than another on the same rows, beyond chance."""

from .change import Change
from .gain import Gain, paired_gain
from .losses import Losses

__all__ = ["Change", "Gain", "Losses", "paired_gain"]
