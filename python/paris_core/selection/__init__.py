"""Baselines: ways to choose the training rows to keep, with one signature.

``select(name, Phi, y, keep=..., random_state=..., **options)`` returns the rows to keep, ascending.
``NAMES`` lists the selectors and ``options(name)`` what each of them takes, so that a comparison is
one loop.

`random_with_quotas` draws at random under quotas, such as those of
`paris_core.validation.quotas.metriq`.
`TrainingHistory` selects by what happened during training: forgetting and dynamic uncertainty.

Examples
--------
>>> import numpy as np
>>> from paris_core import selection
>>> rng = np.random.default_rng(0)
>>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
>>> y, y_val = Phi[:, 0] ** 3, Phi_val[:, 0] ** 3
>>> settings = {"lam": 1.0, "Phi_val": Phi_val, "y_val": y_val}
>>> for name in selection.NAMES:
...     chosen = {key: settings[key] for key in selection.options(name) if key in settings}
...     kept = selection.select(name, Phi, y, keep=0.1, random_state=0, **chosen)
...     print(f"{name:10} {np.abs(y[kept]).mean():.1f}")
random     0.7
stratified 1.7
k_center   3.1
el2n       5.7
grand      5.6
leverage   3.8
influence  0.7
"""

from .history import TrainingHistory
from .sampling import random_with_quotas
from .selectors import NAMES, options, select

__all__ = ["NAMES", "TrainingHistory", "options", "random_with_quotas", "select"]
