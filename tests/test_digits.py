"""Classification: handwritten digits of which three are rare in training.

Measured (mean of six seeds), recall of the worst class on 447 test images: 0.04 before, 0.36 with
30 % of the training images removed (gains of 0.13 to 0.40); but 0.57 fitted on training and 450
validation images together, and 0.77 on the validation images alone. Deletion undoes part of the
imbalance; whoever has a balanced validation set should compare with fitting it.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import paris_core
from paris_core.linalg import RidgeFactor

RARE = (3, 8, 9)


@pytest.fixture(scope="module", params=[0, 1, 2], ids="seed={}".format)
def digits(request):
    """Features and labels for training (rare classes at 10 %), validation and test."""
    images, labels = load_digits(return_X_y=True)
    Phi = np.column_stack([images / 16, np.ones(len(images))])
    rng = np.random.default_rng(request.param)
    train, val, test = np.split(rng.permutation(len(labels)), [900, 1350])
    train = train[~np.isin(labels[train], RARE) | (rng.uniform(size=900) < 0.1)]
    return [(Phi[rows], labels[rows]) for rows in (train, val, test)]


def recalls(weights, Phi, labels):
    """Recall (10,) of every class, each image going to its largest output."""
    correct = np.argmax(Phi @ weights, axis=1) == labels
    return np.array([correct[labels == digit].mean() for digit in range(10)])


def prune(digits, **options):
    (Phi, labels), (Phi_val, labels_val), _ = digits
    return paris_core.prune(
        Phi,
        paris_core.one_hot(labels),
        Phi_val,
        paris_core.one_hot(labels_val),
        0.3,
        lam=1.0,
        criterion="refit",
        objective="mean",
        **options,
    )


@pytest.fixture(scope="module")
def pruned(digits):
    return prune(digits)


def test_worst_class_recall(digits, pruned):
    (Phi, labels), _, test = digits
    before = recalls(RidgeFactor(Phi, paris_core.one_hot(labels), 1.0).weights, *test)
    after = recalls(pruned.weights, *test)
    assert before.argmin() in RARE
    # Measured for these seeds: gains of 0.35 to 0.40, and of 0.11 to 0.13.
    assert after.min() > before.min() + 0.2
    assert after.mean() > before.mean() + 0.06


def test_images_of_common_digits_leave(digits, pruned):
    (_, labels), _, _ = digits
    rare = np.isin(labels, RARE)
    assert pruned.weights.shape == (65, 10)
    assert len(pruned.removed) == int(0.3 * len(labels))
    assert rare[pruned.removed].mean() < rare.mean()
    assert np.all(np.diff(pruned.loss) < 0)  # every single deletion helped


def test_quotas_keep_the_classes_apart(digits, pruned):
    """No digit loses more than a third of its images, and the loss still falls."""
    (_, labels), _, _ = digits
    sizes = np.bincount(labels)
    quotas = sizes - sizes // 3
    result = prune(digits, strata=labels, quotas=quotas)
    left = np.bincount(labels[result.kept])
    assert np.all(left >= quotas)
    assert np.any(np.bincount(labels[pruned.kept], minlength=10) < quotas)
    assert pruned.loss[-1] < result.loss[-1] < result.loss[0]
