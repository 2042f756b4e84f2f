"""Files that have been damaged."""

import numpy as np


def damaged(whole, *, flips, last, cuts):
    """Copies of these bytes: a bit flipped anywhere and in each of the last ones, and cut short."""
    rng = np.random.default_rng(0)
    for place in [*rng.integers(len(whole), size=flips), *range(len(whole) - last, len(whole))]:
        content = bytearray(whole)
        content[place] ^= 1 << int(rng.integers(8))
        yield bytes(content)
    for length in rng.integers(len(whole), size=cuts):
        yield whole[:length]
