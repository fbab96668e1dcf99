"""Scores with honest intervals, and the judgement over a suite. Pure; seeded where it draws.

Independent items get Wilson's interval. Items that share a template are not independent: a model that stumbles over a
wording fails on all of it. They get a bootstrap that draws whole templates, as a cluster bootstrap does, widened to
Wilson's where that is wider, because a bootstrap of few templates, or of answers that are all alike, is too sure.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.probes.suite import Item, Suite

# 97.5% quantile of the standard normal distribution: two-sided intervals of 95%.
Z_95 = 1.959963984540054

# With 2,000 draws the ends of a 95% interval are known to about half a point for the sizes met here.
RESAMPLES = 2000
SEED = 1


class Interval(NamedTuple):
    """Both ends of a two-sided 95% interval for a share, in 0..1."""

    low: float
    high: float


@dataclass(frozen=True)
class Result:
    """One item with what became of it.

    ``seconds`` is from the start of its computation to its end; ``completion_tokens`` is 0 when there was no answer.
    ``sure`` holds the confidences that the target reported (`edge.core.guardrails.Measure`).
    """

    item: Item
    answer: str
    passed: bool
    reason: str
    seconds: float
    completion_tokens: int
    sure: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """The score of a group of items.

    ``share`` is the weighted share of right answers; ``method`` names how the interval was made. ``worst_template`` is
    None where the group has fewer than two templates.
    """

    passed: int
    total: int
    share: float
    interval: Interval
    method: str
    worst_template: str | None = None
    worst_share: float | None = None


def wilson(share: float, n: float, z: float = Z_95) -> Interval:
    """Wilson's score interval for a share of ``n`` independent trials.

    centre = (p + z²/2n) / (1 + z²/n), half width = z sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212.

    Args:
        n: May be fractional, for an effective number of weighted trials.

    Raises:
        ValueError: If ``n`` is not positive or ``share`` is no share.
    """
    if not (n > 0 and 0 <= share <= 1):
        raise ValueError(f"no share of trials: {share} of {n}")
    denominator = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / denominator
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / denominator
    # At the ends the formula is exact, and rounding must not move it past the share itself.
    low = 0.0 if share == 0 else max(0.0, min(share, centre - half))
    high = 1.0 if share == 1 else min(1.0, max(share, centre + half))
    return Interval(low, high)


def effective_n(weights: Sequence[float]) -> float:
    """How many equally weighted trials weighted ones are worth: (Σw)²/Σw².

    L. Kish, "Survey Sampling" (1965), section 11.7.
    """
    return sum(weights) ** 2 / sum(weight * weight for weight in weights)


def bootstrap(clusters: Sequence[Sequence[tuple[float, float]]], *, resamples: int = RESAMPLES) -> Interval:
    """Percentile interval of a weighted share when whole clusters are drawn with replacement.

    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), sections 8.6 (clusters) and 13.3
    (percentile). The same data always give the same interval: the draws are seeded.

    Args:
        clusters: For each template the (weight, weight if right else 0) of its items.
    """
    sums = [(sum(w for w, _ in cluster), sum(right for _, right in cluster)) for cluster in clusters]
    draw = random.Random(SEED).random  # noqa: S311 - statistics, not secrets
    shares = []
    for _ in range(resamples):
        drawn = [sums[int(draw() * len(sums))] for _ in sums]
        shares.append(sum(right for _, right in drawn) / sum(weight for weight, _ in drawn))
    shares.sort()
    cut = int(resamples * 0.025)
    return Interval(shares[cut], shares[-1 - cut])


def score(results: Sequence[Result]) -> Score:
    """The score of a group of at least one result."""
    by_template: dict[str, list[Result]] = {}
    for result in results:
        by_template.setdefault(result.item.template, []).append(result)
    weights = [result.item.weight for result in results]
    share = _share(results)
    interval, method = wilson(share, effective_n(weights)), "wilson"
    if 1 < len(by_template) < len(results):
        clusters = [[(r.item.weight, r.item.weight * r.passed) for r in group] for group in by_template.values()]
        drawn = bootstrap(clusters)
        interval = Interval(min(interval.low, drawn.low), max(interval.high, drawn.high))
        method = "bootstrap by template"
    passed = sum(result.passed for result in results)
    if len(by_template) < 2:
        return Score(passed, len(results), share, interval, method)
    shares = {template: _share(group) for template, group in by_template.items()}
    worst = min(shares, key=lambda template: shares[template])
    return Score(passed, len(results), share, interval, method, worst, shares[worst])


def by_category(results: Sequence[Result]) -> dict[str, Score]:
    """The score of each category, in order of first appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.item.category, []).append(result)
    return {category: score(group) for category, group in groups.items()}


def must_pass_failures(suite: Suite, results: Sequence[Result]) -> list[str]:
    """The probes that must pass and did not, one sentence each."""
    found = []
    for probe in suite.probes:
        mine = [result for result in results if result.item.probe == probe.id]
        wrong = [result for result in mine if not result.passed]
        if probe.must_pass and wrong:
            first = wrong[0]
            found.append(
                f"{suite.name}: {probe.id}: must pass, and {len(wrong)} of {len(mine)} did not; "
                f"first {first.item.id}: {first.reason}"
            )
    return found


def shortfalls(suite: Suite, results: Sequence[Result]) -> list[str]:
    """What a suite asks for and does not get, one sentence each; empty when it gets all.

    Thresholds are compared with the share itself, not with an end of its interval.
    """
    found = must_pass_failures(suite, results)
    for probe in suite.probes:
        mine = [result for result in results if result.item.probe == probe.id]
        if probe.threshold is not None and mine and _share(mine) < probe.threshold:
            found.append(f"{suite.name}: {probe.id}: {_share(mine):.1%} right, its threshold is {probe.threshold:.1%}")
    if suite.threshold is not None and results and _share(results) < suite.threshold:
        found.append(f"{suite.name}: {_share(results):.1%} right, its threshold is {suite.threshold:.1%}")
    return found


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean over the classes of F1 = 2 TP / (2 TP + FP + FN).

    C. J. van Rijsbergen, "Information Retrieval" (1979), chapter 7. An answer that names no class is wrong for its own
    class and adds none.

    Args:
        pairs: The right class and the given one of each item.
    """
    classes = sorted({right for right, _ in pairs})
    scores = []
    for name in classes:
        hits = sum(right == given == name for right, given in pairs)
        others = sum((right == name) != (given == name) for right, given in pairs)
        scores.append(2 * hits / (2 * hits + others))
    return sum(scores) / len(scores)


def _share(results: Sequence[Result]) -> float:
    if all(result.passed for result in results):
        return 1.0  # whatever the weights' rounding
    total = math.fsum(result.item.weight for result in results)
    return math.fsum(result.item.weight for result in results if result.passed) / total
