"""What the results of rows and of groups have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support import checks
from .._support.arrays import FloatArray


class Monitored:
    """The result of deletions that a monitor may have watched; its arrays are read-only."""

    monitor_loss: FloatArray | None

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def best_k(self) -> int | None:
        """After how many deletions the monitor's loss is least; None without a monitor."""
        return None if self.monitor_loss is None else int(np.argmin(self.monitor_loss))

    def fewest_k(self, tolerance: float = 0.01) -> int | None:
        """The fewest deletions after which the monitor's loss is about as low as it gets.

        Near its minimum the loss is often flat, and chance says where it is least; rows that could
        as well stay are better kept.

        Parameters
        ----------
        tolerance : float, default 0.01
            How far above the least loss is low enough, as a fraction of it; 0 gives `best_k`.

        Returns
        -------
        int or None
            None without a monitor.

        Raises
        ------
        TypeError, ValueError
            If `tolerance` is not a finite number >= 0.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi = rng.normal(size=(300, 4))
        >>> y = Phi.sum(axis=1) + rng.normal(size=300)
        >>> result = paris_core.prune(
        ...     Phi[:200], y[:200], Phi[200:250], y[200:250], 100,
        ...     criterion="refit", objective="mean", monitor=(Phi[250:], y[250:]),
        ... )
        >>> result.fewest_k() <= result.best_k == result.fewest_k(0.0)
        True
        """
        return None if self.monitor_loss is None else fewest(self.monitor_loss, tolerance)


def fewest(loss: FloatArray, tolerance: Any) -> int:
    """The first position where `loss` is within `tolerance` of its minimum, relatively."""
    above = checks.not_negative("tolerance", tolerance)
    return int(np.argmax(loss <= (1.0 + above) * loss.min()))
