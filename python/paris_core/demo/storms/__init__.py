"""Pruning the last layer of a forecast of storms.

A network is trained to forecast Dst; the activations of its last hidden layer are the features
Phi, and a ridge head on them is fitted to all training rows, to the rows that pruning keeps, and
to several sets to compare with. The target is standardised with the training rows' mean and
deviation, so that the penalty, which also acts on the constant column, shrinks the head towards
the mean and lambda does not depend on the unit. All heads share one lambda, the one that pruning
used, so that they differ only in their rows. Errors are in nT, on blocks of time that no fit saw.
"""

from .outcome import Score, StormsReport
from .running import DemoError, run_storms

__all__ = ["DemoError", "Score", "StormsReport", "run_storms"]
