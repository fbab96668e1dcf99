"""Is a difference more than chance? Exact tests on counts, and what many of them together allow. Pure.

Every test here is exact: it sums binomial or hypergeometric probabilities and needs no large numbers.
"""

import math
import random
from collections.abc import Mapping, Sequence

from edge.probes.score import RESAMPLES, SEED, Interval, wilson


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p of McNemar's test for items that were asked twice.

    Under no difference, each of the items on which both differ is as likely to have gone either way: a binomial test
    with one half. Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), 153-157; exact form as of A. Agresti, "Categorical Data Analysis" (2002),
    section 10.1.

    Args:
        only_first: Items right in the first run alone.
        only_second: Items right in the second alone.
    """
    n = only_first + only_second
    if n == 0:
        return 1.0
    p: float = 2 * _ways_up_to(n, min(only_first, only_second)) / 2**n
    return min(1.0, p)


def worse(passed: int, total: int, recorded_passed: int, recorded_total: int) -> float:
    """One-sided exact p that a score so low arises although nothing is worse than when the other was recorded.

    Fisher's exact test: with the sum of right answers given, the right answers of this run are hypergeometric.
    R. A. Fisher, "Statistical Methods for Research Workers" (1934), section 21.02.
    """
    right, n = passed + recorded_passed, total + recorded_total
    low = max(0, right - recorded_total)
    ways: int = sum(math.comb(total, k) * math.comb(recorded_total, right - k) for k in range(low, passed + 1))
    share: float = ways / math.comb(n, right)
    return min(1.0, share)


def holm(ps: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values that hold for all of them together.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979),
    65-70: the k-th smallest of m is multiplied by m - k + 1, and none falls below the one before it.
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, (name, p) in enumerate(sorted(ps.items(), key=lambda entry: entry[1])):
        highest = max(highest, min(1.0, (len(ps) - place) * p))
        adjusted[name] = highest
    return {name: adjusted[name] for name in ps}


def difference(clusters: Sequence[Sequence[float]]) -> Interval:
    """95% interval of a mean difference when whole clusters are drawn with replacement (see ``score.bootstrap``).

    Args:
        clusters: For each template the differences of its items, second less first: -1, 0 or 1.
    """
    sums = [(len(cluster), math.fsum(cluster)) for cluster in clusters]
    draw = random.Random(SEED).random  # noqa: S311 - statistics, not secrets
    means = []
    for _ in range(RESAMPLES):
        drawn = [sums[int(draw() * len(sums))] for _ in sums]
        means.append(math.fsum(total for _, total in drawn) / sum(count for count, _ in drawn))
    means.sort()
    cut = int(RESAMPLES * 0.025)
    return Interval(means[cut], means[-1 - cut])


def paired(both: int, only_first: int, only_second: int, neither: int) -> Interval:
    """95% interval of the second share less the first, for independent items that were asked twice.

    Also where no item, or every one, differs. R. G. Newcombe, "Improved confidence intervals for the difference between
    binomial proportions based on paired data", Statistics in Medicine 17 (1998), 2635-2650, method 10.
    """
    n = both + only_first + only_second + neither
    first, second = (both + only_first) / n, (both + only_second) / n
    one, two = wilson(first, n), wilson(second, n)
    product = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    excess = both * neither - only_first * only_second
    # Corrected for continuity where the two go together.
    corrected = max(excess - n / 2, 0.0) if excess > 0 else float(excess)
    together = corrected / math.sqrt(product) if product else 0.0

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a - 2 * together * a * b + b * b))

    change = second - first
    low = change - reach(second - two.low, one.high - first)
    high = change + reach(two.high - second, first - one.low)
    return Interval(max(-1.0, low), min(1.0, high))


def sign_test(lost: int, gained: int) -> float:
    """One-sided exact p that so many items or more are lost although each change is as likely to go either way."""
    n = lost + gained
    # At least `lost` of one kind are at most `gained` of the other.
    p: float = _ways_up_to(n, gained) / 2**n
    return min(1.0, p)


def _ways_up_to(n: int, most: int) -> int:
    """How many of all outcomes of ``n`` coins show at most so many heads.

    Whole numbers, because 2**n is beyond any float from 1,024 on, and each from the one before, which takes
    milliseconds where ``math.comb`` of every one takes seconds for 10,000 coins.
    """
    ways = term = 1
    for k in range(most):
        term = term * (n - k) // (k + 1)
        ways += term
    return ways
