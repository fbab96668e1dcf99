"""When should a model keep its answer back? Confidences of judged answers, and the limit below which to abstain. Pure.

Selective prediction: answer only where the confidence reaches a limit, and look at the share that is still answered
(coverage) and the share of it that is right (accuracy). R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free
Selective Classification", JMLR 11 (2010).
"""

import itertools
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edge.core.guardrails import Measure
from edge.probes.score import SEED, Z_95, Interval, wilson
from edgegen.errors import ConfigError

MEASURES: tuple[Measure, ...] = ("mean", "least", "agreement")

# A limit that fewer answers than this would pass was found by luck.
LEAST_ANSWERED = 20

# Draws of the bootstrap: 300 answers take half a second.
RESAMPLES = 1000


@dataclass(frozen=True)
class Answered:
    """One judged answer; ``adapter`` is ``""`` for the model without one, ``sure`` is by measure, from 0 to 1."""

    prompt: str
    adapter: str
    template: str
    right: bool
    sure: Mapping[str, float]


class UnreachableError(Exception):
    """No limit does what was wished for; the message says why."""


class Guess(NamedTuple):
    """One answer under one measure."""

    sure: float
    right: bool
    template: str = ""


class Point(NamedTuple):
    """What is answered when everything from ``sure`` on is: ``answered`` answers, ``right`` of them right."""

    sure: float
    answered: int
    right: int
    coverage: float
    accuracy: float


@dataclass(frozen=True)
class Choice:
    """A limit, and what it does to the answers that it was looked for on.

    ``below`` is 0 where everything may be answered. ``accuracy`` has Wilson's 95% interval.
    """

    by: Measure
    below: float
    coverage: float
    accuracy: float
    interval: Interval
    answered: int


def load_results(path: Path) -> tuple[str, list[Answered]]:
    """The model and the judged answers of a run; what has no confidence at all is left out.

    Raises:
        ConfigError: If the file is not what ``edgegen probe run --json`` writes, or none of its answers has one.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        found = [
            Answered(
                item["prompt"],
                item["adapter"] or "",
                f"{suite['suite']}/{item['template']}",
                bool(item["passed"]),
                {name: float(item["sure"][name]) for name in MEASURES if name in item["sure"]},
            )
            for suite in document["suites"]
            for item in suite["items"]
            if item.get("sure")
        ]
        model = str(document["model"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError([f"{path}: is not the output of `edgegen probe run --json`: {error!r}."]) from None
    if not found:
        problem = (
            f"{path}: no answer has a confidence. Run `edgegen probe run --target bundle --json` again; a live node "
            "tells none, except agreement with --samples."
        )
        raise ConfigError([problem])
    return model, found


def by_adapter(answers: Sequence[Answered]) -> dict[str, list[Answered]]:
    """The answers of each adapter, in order of first appearance."""
    found: dict[str, list[Answered]] = {}
    for answer in answers:
        found.setdefault(answer.adapter, []).append(answer)
    return found


def guesses(answers: Sequence[Answered], by: str) -> list[Guess]:
    """The answers under one measure; empty where one of them lacks it."""
    if not all(by in answer.sure for answer in answers):
        return []
    return [Guess(answer.sure[by], answer.right, answer.template) for answer in answers]


def auroc(pairs: Sequence[Guess]) -> float | None:
    """The probability that a right answer is surer than a wrong one, a tie counting half; None without both kinds.

    The area under the receiver operating characteristic, as the Mann-Whitney statistic from mid-ranks: J. A. Hanley and
    B. J. McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982).
    """
    rights = sum(pair.right for pair in pairs)
    wrongs = len(pairs) - rights
    if not rights or not wrongs:
        return None
    below, won = 0, 0.0  # wrong answers that were less sure; pairs that the right answers win
    for _, tied in itertools.groupby(sorted(pairs, key=lambda pair: pair.sure), key=lambda pair: pair.sure):
        group = list(tied)
        right = sum(pair.right for pair in group)
        wrong = len(group) - right
        won += right * (below + wrong / 2)
        below += wrong
    return won / (rights * wrongs)


def auroc_interval(pairs: Sequence[Guess], *, resamples: int = RESAMPLES) -> Interval | None:
    """Interval of 95% when whole templates are drawn with replacement; None without both kinds of answer.

    Draws that hold only right or only wrong answers have no area and are left out. Seeded. It is no narrower than that
    of independent answers: where all wrong ones are less sure than all right ones, every draw has the area 1.
    """
    area = auroc(pairs)
    if area is None:
        return None
    clusters: dict[str, list[Guess]] = {}
    for pair in pairs:
        clusters.setdefault(pair.template, []).append(pair)
    groups = list(clusters.values())
    if len(groups) == 1:
        groups = [[pair] for pair in pairs]
    draw = random.Random(SEED)  # noqa: S311 - statistics, not secrets
    areas = sorted(
        found
        for _ in range(resamples)
        if (found := auroc([pair for group in draw.choices(groups, k=len(groups)) for pair in group])) is not None
    )
    right = sum(pair.right for pair in pairs)
    low, high = area_interval(area, right, len(pairs) - right)
    if not areas:
        return Interval(low, high)
    cut = int(len(areas) * 0.025)
    return Interval(min(low, areas[cut]), max(high, areas[-1 - cut]))


def area_interval(area: float, right: int, wrong: int) -> Interval:
    """Interval of 95% for an area over independent answers, also for one of 0 or 1.

    Its ends are the areas from which this one is 1.96 standard errors away, the error being that of the end itself.
    R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2",
    Statistics in Medicine 25 (2006), 559-573, method 5.
    """
    middle = (right + wrong) / 2 - 1

    def inside(true: float) -> bool:
        variance = true * (1 - true) * (1 + middle * (1 - true) / (2 - true) + middle * true / (1 + true))
        return abs(true - area) <= Z_95 * math.sqrt(max(0.0, variance) / (right * wrong))

    def end(outside: float) -> float:
        if inside(outside):
            return outside
        near, far = area, outside
        for _ in range(60):
            between = (near + far) / 2
            near, far = (between, far) if inside(between) else (near, between)
        return near

    return Interval(end(0.0), end(1.0))


def curve(pairs: Sequence[Guess]) -> list[Point]:
    """Coverage against accuracy, from the surest answer on; answers that are equally sure come together."""
    points: list[Point] = []
    answered = right = 0
    ordered = sorted(pairs, key=lambda pair: -pair.sure)
    for sure, tied in itertools.groupby(ordered, key=lambda pair: pair.sure):
        group = list(tied)
        answered += len(group)
        right += sum(pair.right for pair in group)
        points.append(Point(sure, answered, right, answered / len(pairs), right / answered))
    return points


def accuracy_at(pairs: Sequence[Guess], coverage: float) -> float:
    """The expected accuracy when exactly this share is answered, the surest first and ties by lot.

    Args:
        coverage: Above 0, at most 1.
    """
    room = math.ceil(coverage * len(pairs) - 1e-9)
    before = Point(math.inf, 0, 0, 0.0, 0.0)
    for point in curve(pairs):
        if point.answered >= room:
            share = (room - before.answered) / (point.answered - before.answered)
            return (before.right + share * (point.right - before.right)) / room
        before = point
    raise ValueError(f"coverage {coverage} of {len(pairs)} answers")


def oracle_share(pairs: Sequence[Guess], coverage: float = 0.9) -> tuple[float, float] | None:
    """How much an oracle gains by keeping wrong answers alone back, and our share of that gain.

    Returns None where there is nothing to gain: no answer is wrong, or none is right.
    """
    whole = sum(pair.right for pair in pairs) / len(pairs)
    room = math.ceil(coverage * len(pairs) - 1e-9)
    best = min(1.0, whole * len(pairs) / room)
    if best <= whole:
        return None
    return best - whole, (accuracy_at(pairs, coverage) - whole) / (best - whole)


def for_accuracy(pairs: Sequence[Guess], by: Measure, wish: float) -> Choice | None:
    """The limit that answers most while so large a share of the answers is right; None where none does."""
    reached = [point for point in curve(pairs) if point.accuracy >= wish and point.answered >= LEAST_ANSWERED]
    return _choice(pairs, by, reached[-1]) if reached else None


def for_coverage(pairs: Sequence[Guess], by: Measure, wish: float) -> Choice:
    """The highest limit that still answers at least this share."""
    return _choice(pairs, by, next(point for point in curve(pairs) if point.coverage >= wish - 1e-9))


def choose(answers: Sequence[Answered], by: str, accuracy: float | None, coverage: float) -> Choice:
    """The limit for a wish: a share of right answers, or without one a share of answers.

    Args:
        by: A measure, or ``auto`` for the one that tells right from wrong best.

    Raises:
        UnreachableError: If no limit does that.
    """
    measure = next((known for known in MEASURES if known == by), None)
    if by == "auto":
        measure = best_measure(answers)
        if measure is None:
            # All right, or all wrong: no measure can tell, and every one serves.
            measure = next((known for known in MEASURES if guesses(answers, known)), None)
    pairs = guesses(answers, measure) if measure else []
    if measure is None or not pairs:
        raise UnreachableError(f"not every answer has the confidence {by!r}; agreement needs `probe run --samples`")
    if accuracy is None:
        return for_coverage(pairs, measure, coverage)
    found = for_accuracy(pairs, measure, accuracy)
    if found is None:
        best = max((p for p in curve(pairs) if p.answered >= LEAST_ANSWERED), key=lambda p: p.accuracy, default=None)
        said = f"{len(pairs)} are too few" if best is None else f"the best is {best.accuracy:.1%} of {best.answered}"
        raise UnreachableError(
            f"by {measure} no limit makes {accuracy:.1%} of at least {LEAST_ANSWERED} answers right: {said}"
        )
    return found


def limits(
    answers: Sequence[Answered], by: str, accuracy: float | None, coverage: float, *, together: bool = False
) -> tuple[dict[str, Choice], dict[str, str]]:
    """What `choose` finds for each adapter, and why it finds nothing for the others.

    Args:
        together: One limit for all answers, whoever gave them; its facts are then those of each adapter under it. Where
            one adapter is good and another is not, that keeps back what the other says instead of a part of both.
    """
    chosen: dict[str, Choice] = {}
    missed: dict[str, str] = {}
    parts = by_adapter(answers)
    if together:
        try:
            limit = choose(answers, by, accuracy, coverage)
        except UnreachableError as error:
            return {}, dict.fromkeys(parts, str(error))
        return {adapter: applied(guesses(mine, limit.by), limit.by, limit.below) for adapter, mine in parts.items()}, {}
    for adapter, mine in parts.items():
        try:
            chosen[adapter] = choose(mine, by, accuracy, coverage)
        except UnreachableError as error:
            missed[adapter] = str(error)
    return chosen, missed


def applied(pairs: Sequence[Guess], by: Measure, below: float) -> Choice:
    """What a limit that was found elsewhere does to these answers; its accuracy is 0 when all are kept back."""
    kept = [pair for pair in pairs if pair.sure >= below]
    if not kept:
        return Choice(by, below, 0.0, 0.0, Interval(0.0, 1.0), 0)
    share = sum(pair.right for pair in kept) / len(kept)
    return Choice(by, below, len(kept) / len(pairs), share, wilson(share, len(kept)), len(kept))


def best_measure(answers: Sequence[Answered]) -> Measure | None:
    """The measure that tells right from wrong best, of those that all answers have; None where none can."""
    areas = [(area, by) for by in MEASURES if (area := auroc(guesses(answers, by))) is not None]
    return max(areas, key=lambda one: one[0])[1] if areas else None


def shared_prompts(first: Sequence[Answered], second: Sequence[Answered]) -> int:
    """How many questions of the second stand in the first, too."""
    known = {answer.prompt for answer in first}
    return sum(answer.prompt in known for answer in second)


def _choice(pairs: Sequence[Guess], by: Measure, point: Point) -> Choice:
    lower = max((pair.sure for pair in pairs if pair.sure < point.sure), default=None)
    # Half way to the next: the same answer on another board is as sure only to some digits.
    below = 0.0 if lower is None else round((point.sure + lower) / 2, 6)
    if lower is not None and not lower < below <= point.sure:
        below = point.sure
    interval = wilson(point.accuracy, point.answered)
    return Choice(by, below, point.coverage, point.accuracy, interval, point.answered)
