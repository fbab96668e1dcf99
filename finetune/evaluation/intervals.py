"""Intervals for figures that were measured on the same items before and after: whole blocks are drawn again.

Tokens of one text, answers to one question and items of one template resemble one another. Drawing blocks with
replacement (B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 8.6 and 13.3; blocks:
H. R. Künsch, Annals of Statistics 17, 1989) keeps what they share together, and keeps each pair together.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# With 4,000 draws the ends of a 95% interval move by about 2% of its width when the seed is another.
RESAMPLES = 4000
SEED = 1

Sums = NDArray[np.float64]


class Interval(NamedTuple):
    """Both ends of a two-sided 95% interval."""

    low: float
    high: float


def resample(blocks: Sums, *, resamples: int = RESAMPLES) -> Sums:
    """``(draws, quantities)``: the totals of blocks drawn with replacement; the same data give the same totals.

    Args:
        blocks: ``(blocks, quantities)``: each block's sums.

    Raises:
        ValueError: There is no block.
    """
    if not len(blocks):
        raise ValueError("no blocks to draw from")
    random = np.random.default_rng(SEED)
    totals = np.empty((resamples, blocks.shape[1]))
    for start in range(0, resamples, 200):  # in pieces: 200 draws of 2,000 blocks are 3 MB
        drawn = random.integers(0, len(blocks), (min(200, resamples - start), len(blocks)))
        totals[start : start + len(drawn)] = blocks[drawn].sum(axis=1)
    return totals


def percentile(totals: Sums, figure: Callable[[Sums], Sums]) -> Interval:
    """Percentile interval of a figure of totals; a draw in which it is not a number counts towards neither end.

    Args:
        figure: From ``(draws, quantities)`` totals to ``(draws,)`` figures.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = figure(totals)
    figures = figures[np.isfinite(figures)]
    if not len(figures):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(figures, (0.025, 0.975))
    return Interval(float(low), float(high))


def bootstrap(blocks: Sums, figure: Callable[[Sums], Sums], *, resamples: int = RESAMPLES) -> Interval:
    """Percentile interval of one figure of sums over blocks; see the parts."""
    return percentile(resample(blocks, resamples=resamples), figure)
