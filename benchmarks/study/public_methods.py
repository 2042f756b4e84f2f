"""What is compared on the public sets, where labels are right."""

from __future__ import annotations

from collections.abc import Callable

from .choosing import all_rows, random_rows, robust, weighted
from .learning import Outcome, boosting, everything, head, kept_by, learned
from .trials import Trial

Method = Callable[[Trial], Outcome]


def paris(**options: object) -> Method:
    """`PARISRegressor` with these options, which deals out the rows by itself."""

    def method(trial: Trial) -> Outcome:
        return kept_by(trial.regressor({}, **options), len(trial.train))

    return method


METHODS: dict[str, Method] = {
    "everything": everything,
    "random 50 %": learned(random_rows, keep=0.5),
    "inverse density": learned(weighted, power=1.0),
    "inverse root density": learned(weighted, power=0.5),
    "weighted head, lam 30": learned(weighted, head, power=1.0, lam=30.0),
    "Huber": learned(robust),
    "boosting": learned(all_rows, boosting),
    "boosting, weighted": learned(weighted, boosting, power=0.5),
    "PARIS": paris(),
    "PARIS head": paris(retrain="head"),
    "PARIS density head": paris(retrain="head", val_weight="inverse-density"),
    "paper": paris(paper=True),
}
