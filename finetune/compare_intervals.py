"""Intervals for what a comparison measures: 95%, two-sided, of a mean over seeds and of a share of questions."""

import math
import statistics
from collections.abc import Sequence

import numpy as np

from edge.probes.score import Z_95, wilson
from finetune.evaluation.intervals import RESAMPLES, SEED, Interval

# Student's t at 0.975 for 1, 2, ... degrees of freedom; for more the normal's is close.
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def of_mean(values: Sequence[float]) -> Interval | None:
    """Student's interval of a mean over seeds; None for one seed, which says nothing of the others."""
    count = len(values)
    if count < 2:
        return None
    t = T_95[count - 2] if count - 2 < len(T_95) else Z_95
    mean, half = statistics.fmean(values), t * statistics.stdev(values) / math.sqrt(count)
    return Interval(mean - half, mean + half)


def of_share(seeds: Sequence[str]) -> Interval:
    """Interval of the share of right answers where each seed was asked the same questions.

    For one seed Wilson's score interval (JASA 22, 1927). Answers of several seeds to one question are alike, and so are
    answers of one seed: seeds and questions are both drawn with replacement, whole (two-way bootstrap: A. B. Owen, "The
    pigeonhole bootstrap", Annals of Applied Statistics 1, 2007). Where all are right, or none, that would be a point:
    then Wilson's over the questions.

    Args:
        seeds: For each a 1 or a 0 for each question, all of the same length and not empty.
    """
    right = np.array([[answer == "1" for answer in seed] for seed in seeds], dtype=float)
    count, questions = right.shape
    if count == 1 or right.min() == right.max():
        return Interval(*wilson(float(right.mean()), questions))
    random = np.random.default_rng(SEED)
    drawn_seeds = random.multinomial(count, [1 / count] * count, RESAMPLES)
    drawn_questions = random.multinomial(questions, [1 / questions] * questions, RESAMPLES)
    shares = ((drawn_seeds @ right) * drawn_questions).sum(axis=1) / right.size
    low, high = np.quantile(shares, (0.025, 0.975))
    return Interval(float(low), float(high))
