"""A PyTorch module as a feature extractor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted
from torch import nn

from ..._support import arrays, checks
from ..._support.arrays import FloatArray
from ..._support.conversion import names_of_columns, understood
from ..._support.signals import ctrl_c
from ..._support.state import all_or_nothing
from ...progress import Stage
from . import batches, layers, modules, scaling, training

__all__ = ["TorchExtractor"]


def _has_probabilities(extractor: Any) -> bool:
    return isinstance(extractor.loss, str) and extractor.loss == "cross_entropy"


class TorchExtractor(BaseEstimator):  # type: ignore[misc]
    """Features from a layer of a PyTorch module.

    `fit` trains a copy of the module, `transform` gives the activations of the layer, flattened,
    and a constant column; `predict` is the module's own output. By default the layer is what the
    last nn.Linear works on: if nothing follows it, predictions are linear in the features.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor, a batch (b, ...) of rows of `X`, of the dtype of its first parameter, and
        returns one, (b,) or (b, C). A module that looks up integers must convert them itself.
    layer : str, optional
        Name of the submodule, as in ``module.named_modules()``, whose output are the features;
        ``""`` is the module itself. Default: the input of the nn.Linear that is called last.
    loss : {"mse", "cross_entropy"} or callable, default "mse"
        "mse" is the mean of the squared errors; "cross_entropy" takes the module's outputs as
        logits and `y` as class probabilities. A callable is called as ``loss(output, target)``,
        both in the shape of a batch of `y`, and returns a loss for every row or entry, as PyTorch's
        do with ``reduction="none"``; one number will do where there are no weights.
    optimizer : callable, default torch.optim.Adam
        Called as ``optimizer(parameters, lr=learning_rate, weight_decay=weight_decay)``, makes a
        torch.optim.Optimizer: such a class, or one in functools.partial. Parameters that do not
        require gradients are left out.
    epochs : int, default 100
        Passes over the training rows. 0 takes the module as it is, trained or not.
    batch_size : int, default 256
        Most rows in memory at a time, in `fit`, `transform` and `predict`.
    learning_rate, weight_decay : float or None, defaults 1e-3 and None
        For the optimizer; with None the argument is not passed.
    standardize : bool, default False
        Whether every entry of a row of `X` is scaled to mean 0 and variance 1, as over the rows of
        `fit` (with `sample_weight` weighted), before the module sees it. Networks learn little from
        inputs in the hundreds; there is a `ScaleWarning` where `X` of two dimensions is neither
        scaled nor to be. For inputs that a module looks up as integers leave it at False.
    fit_function : callable, optional
        ``fit_function(module, X, y, sample_weight)`` trains the copy in place, in your own
        way; `optimizer`, `epochs`, `learning_rate`, `weight_decay` and a callable `loss` then have
        no part in `fit`. `X` is what `fit` got, as an array, `y` float64, `sample_weight` float64
        or None. PyTorch's global generators are seeded while it runs.
    device : str or torch.device, default "cpu"
        Where the copy lives.
    warm_start : bool, default False
        Whether another `fit` continues with `module_`, unless `module` has become one of another
        structure. The optimizer starts afresh, as in scikit-learn's networks.
    random_state : int, numpy.random.Generator or None, default None
        Order of the rows, and dropout; an int makes `fit` deterministic on the CPU. The global
        generators of PyTorch (CPU and CUDA) neither matter nor change. The weights of `module` are
        where training begins: seed them when you make it.

    Attributes
    ----------
    module_ : torch.nn.Module
        The trained copy, in evaluation mode.
    layer_, side_ : str
        Name of the layer, and "input" or "output".
    loss_curve_ : list of float
        Mean training loss of every epoch of the last `fit`.
    columns_ : (p,) ndarray of str, or None
        Column names, if `fit` got a data frame.
    mean_, scale_ : ndarray of float64, or None
        With `standardize`: what is subtracted from a row of `X`, and what it is divided by;
        `module_` takes rows that are scaled so.
    input_shape_, output_shape_ : tuple of int
        Shapes of a row of `X` and of `y`.
    n_features_out_ : int
        D, the number of features with the constant.

    Notes
    -----
    `X` may be any array of two or more dimensions, rows first, a numpy.memmap among them: rows are
    read when they are needed. Training reads it once to check its values, then once an epoch.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from paris_core.features.torch import TorchExtractor
    >>> module = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> X = np.linspace(-1.0, 1.0, 60)[:, None]
    >>> extractor = TorchExtractor(module, epochs=5, random_state=0).fit(X, X[:, 0])
    >>> Phi = extractor.transform(X)
    >>> Phi.shape
    (60, 9)
    >>> head = extractor.module_[-1]
    >>> w = np.append(head.weight.detach().numpy(), head.bias.detach().numpy())
    >>> bool(np.allclose(Phi @ w, extractor.predict(X), atol=1e-5))  # in single precision
    True
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        layer: str | None = None,
        loss: str | training.Loss = "mse",
        optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
        epochs: int = 100,
        batch_size: int = 256,
        learning_rate: float | None = 1e-3,
        weight_decay: float | None = None,
        standardize: bool = False,
        fit_function: Callable[..., None] | None = None,
        device: str | torch.device = "cpu",
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        self.module = module
        self.layer = layer
        self.loss = loss
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.standardize = standardize
        self.fit_function = fit_function
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> TorchExtractor:
        """Train a copy of the module.

        Parameters
        ----------
        X : (n, ...) array_like of float
            Inputs, finite.
        y : (n,) or (n, C) array_like of float
            Targets; for loss "cross_entropy" (n, C) probabilities, see `paris_core.one_hot`.
        sample_weight : (n,) array_like of float, optional
            Weights >= 0 of the rows in the loss.

        Returns
        -------
        TorchExtractor
            self.

        Raises
        ------
        TypeError
            If an argument or parameter has the wrong type.
        ValueError
            If one has the wrong value; if `layer` is no submodule, is not called just once or does
            not give one tensor with a row for every row; if the loss becomes NaN or infinite.

        Notes
        -----
        The loss of a batch is the mean over its rows (and outputs); weights are first divided by
        their mean over the rows that have one.
        """
        modules.check(self.module, self.device)
        device = torch.device(self.device)
        rng = checks.generator("random_state", self.random_state)
        rows = batches.sliceable("X", understood("X", X))
        targets = arrays.targets("y", y, len(rows), "X")
        weight = None
        if sample_weight is not None:
            weight = arrays.weight("sample_weight", sample_weight, len(rows), "X")
        continues = checks.flag("warm_start", self.warm_start)
        before = getattr(self, "module_", None) if continues else None
        module = modules.successor(self.module, before).to(device)
        scale = self._scale(rows, weight, before)
        if scale is not None:
            rows = scaling.Scaled(rows, *scale)
        elif self.fit_function is None and self.epochs:
            scaling.warn_if_raw(module, rows)

        first = next(batches.slices(len(rows), self._batch_size()))
        with (
            all_or_nothing(self),
            modules.restored(module, before),
            training.seeded(int(rng.integers(2**63)), device),
        ):
            with modules.evaluation(module):
                batch = modules.tensor(batches.read("X", rows, first), module, device)
                layer, side, width = layers.locate(module, self.layer, batch)
            with ctrl_c.heeded(), Stage("training"):
                curve = self._train(module, rows, targets, weight, rng)
            self.module_ = module.to(device).eval()
            self.loss_curve_ = curve
            self.mean_: FloatArray | None = None if scale is None else scale[0]
            self.scale_: FloatArray | None = None if scale is None else scale[1]
            self.columns_ = names_of_columns(X)
            self.layer_, self.side_, self.n_features_out_ = layer, side, width + 1
            self.input_shape_, self.output_shape_ = tuple(rows.shape[1:]), targets.shape[1:]
        return self

    def _train(
        self,
        module: nn.Module,
        rows: Any,
        y: FloatArray,
        weight: FloatArray | None,
        rng: np.random.Generator,
    ) -> list[float]:
        epochs = checks.integer("epochs", self.epochs, 0)
        loss = self.loss
        if not callable(loss):
            known = training.LOSSES
            loss = known[checks.choice("loss", loss, tuple(known))]
        if _has_probabilities(self):
            training.check_probabilities(y)
        if self.fit_function is not None:
            _call(self.fit_function, module, rows[:] if self.standardize else rows, y, weight)
            return []
        if epochs == 0:
            return []
        for batch in batches.slices(len(rows), self._batch_size()):
            batches.read("X", rows, batch)  # so that NaN is found before the training, not in it
        device = torch.device(self.device)
        return training.train(
            module,
            rows,
            modules.tensor(y, module, device),
            None if weight is None else modules.tensor(weight, module, device),
            loss=loss,
            optimizer=training.make_optimizer(
                module, self.optimizer, self.learning_rate, self.weight_decay
            ),
            epochs=epochs,
            batch_size=self._batch_size(),
            rng=rng,
        )

    def transform(self, X: Any, out: Any = None) -> NDArray[np.floating[Any]]:
        """Return the activations of the layer, and a constant.

        Parameters
        ----------
        X : (n, ...) array_like of float
            Inputs, with rows as for `fit`.
        out : path or (n, D) ndarray of float32 or float64, optional
            Where the features go: a path that ends in .npy, for a float32 memory map (the file
            appears when it is complete), or an array to be filled, such as a memory map of yours.

        Returns
        -------
        (n, D) ndarray of float64, or `out`
            The last column is 1. For a path: a read-only numpy.memmap of float32.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `X` or `out` does not fit, or features are not finite.

        Notes
        -----
        At most `batch_size` rows and their activations are in memory, besides the result without
        `out`. `prune` converts float32 to float64 in memory, 8 N D bytes; a C-ordered float64
        memory map of yours as `out` is pruned where it lies.
        """
        rows = self._check_rows(X)

        def write(table: NDArray[Any]) -> None:
            for batch in batches.slices(len(rows), self._batch_size()):
                values = layers.activations(
                    self.module_, self.layer_, self.side_, self._inputs(rows, batch)
                )
                values = arrays.real_array("the features of X", values, batch.start)
                table[batch, :-1] = values
                table[batch, -1] = 1.0

        with modules.evaluation(self.module_):
            return batches.fill(out, (len(rows), self.n_features_out_), write)

    def predict(self, X: Any) -> FloatArray:
        """Return what the module makes of `X`; logits for loss "cross_entropy".

        Parameters
        ----------
        X : (n, ...) array_like of float
            Inputs, with rows as for `fit`.

        Returns
        -------
        (n,) or (n, C) ndarray of float64
            In the shape of the `y` of `fit`.
        """
        return self._outputs(X).numpy()  # type: ignore[no-any-return]

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> FloatArray:
        """Return class probabilities, the softmax of `predict`; with loss "cross_entropy" only.

        Parameters
        ----------
        X : (n, ...) array_like of float
            Inputs, with rows as for `fit`.

        Returns
        -------
        (n, C) ndarray of float64
        """
        return torch.softmax(self._outputs(X), dim=1).numpy()  # type: ignore[no-any-return]

    def _batch_size(self) -> int:
        return checks.integer("batch_size", self.batch_size, 1)

    def _check_rows(self, X: Any) -> Any:
        check_is_fitted(self, "module_")
        arrays.check_column_names(X, self.columns_)
        rows = batches.sliceable("X", understood("X", X))
        if tuple(rows.shape[1:]) != self.input_shape_:
            wanted = ", ".join(str(n) for n in self.input_shape_)
            raise ValueError(f"X must have shape (n, {wanted}) as in fit, got {tuple(rows.shape)}")
        if self.mean_ is None or self.scale_ is None:
            return rows
        return scaling.Scaled(rows, self.mean_, self.scale_)

    def _scale(
        self, rows: Any, weight: FloatArray | None, before: nn.Module | None
    ) -> tuple[FloatArray, FloatArray] | None:
        """What rows are scaled by; what the training that goes on has learned with, if one does."""
        if not checks.flag("standardize", self.standardize):
            return None
        kept = getattr(self, "mean_", None), getattr(self, "scale_", None)
        if before is not None and kept[0] is not None and kept[0].shape == tuple(rows.shape[1:]):
            return kept  # type: ignore[return-value]
        return scaling.moments(rows, weight, self._batch_size())

    def _inputs(self, rows: Any, batch: slice) -> torch.Tensor:
        device = next(self.module_.parameters(), torch.empty(0)).device
        return modules.tensor(batches.read("X", rows, batch), self.module_, device)

    def _outputs(self, X: Any) -> torch.Tensor:
        rows = self._check_rows(X)
        outputs = []
        with modules.evaluation(self.module_):
            for batch in batches.slices(len(rows), self._batch_size()):
                output = self.module_(self._inputs(rows, batch))
                shape = (batch.stop - batch.start, *self.output_shape_)
                outputs.append(training.shaped_like(output, shape).cpu().double())
        return torch.cat(outputs)


def _call(fit_function: Any, module: nn.Module, X: Any, y: FloatArray, weight: Any) -> None:
    if not callable(fit_function):
        raise TypeError(f"fit_function must be callable, got {type(fit_function).__name__}")
    result = fit_function(module, X, y, weight)
    if result is not None and result is not module:
        raise TypeError(
            "fit_function must train the module that it gets, and return it or None, got "
            f"{type(result).__name__}"
        )
