"""What a fine-tuning gained and what it lost, item by item, with paired 95% intervals.

With b and t the shares (mostly 0 or 1) of an item that the base and the tuned model had right:

- knowledge lost: mean of max(b - t, 0), what the base knew and the tuned model does not;
- ability gained: mean of max(t - b, 0);
- change: ability gained less knowledge lost, which is the difference of the two scores;
- forgetting rate: knowledge lost as a share of what the base knew, sum of max(b - t, 0) over sum of b.

Of answers that are right or wrong that is b (1 - t) and (1 - b) t. Of graded ones (ROUGE, NDCG, pass@1 over samples)
those products would find something lost in a model that is compared with itself.

The intervals draw items again, both models' answers together, and are no narrower than Wilson's and Newcombe's for
independent items: where nearly all answers are alike, or items few, a bootstrap is too sure.

Papers that report two scores alone can give only the relative drop of the score, in which gains hide losses, and their
+- is one standard error of each score, not an interval of the difference. It stands beside ours as ``aggregate``.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.probes.score import wilson
from edge.probes.significance import paired
from edgegen.files import write_whole
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.intervals import Interval, Sums, percentile, resample
from finetune.evaluation.outcome import Outcome

FILE = "forgetting.json"
HEADING = "## Forgetting"
# Below this a skill is so weak that right answers are luck: the probability of the reference says more.
WEAK = 0.2


@dataclass(frozen=True)
class Figure:
    """A figure with its 95% interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Comparison:
    """One task before and after.

    Args:
        before: Mean over the items of what the base had right; ``after`` of the tuned model. Each with one standard
            error, ``before_error`` and ``after_error``.
        scores: The metric before and after, where it is no mean over items, as F1 is none; else None.
        aggregate: Relative drop of the metric, (before - after) / before, as papers with two scores give it.
        reference: Change of the mean log-probability of the reference answers, nats a token; None where they were not
            scored.
    """

    task: str
    metric: str
    n: int
    before: float
    after: float
    before_error: float
    after_error: float
    scores: tuple[float, float] | None
    aggregate: float | None
    lost: Figure
    gained: Figure
    change: Figure
    forgetting_rate: Figure | None
    reference: Figure | None

    @property
    def weak(self) -> bool:
        """Whether the base could hardly do it."""
        return self.before < WEAK


def compare(base: Outcome, tuned: Outcome) -> Comparison:
    """Both on the same items.

    Raises:
        EvaluationDataError: They were not given the same items.
    """
    if base.main != tuned.main:
        raise EvaluationDataError(
            [
                (
                    f"{base.task}: the base was scored by {base.main} and the tuned model by {tuned.main}. "
                    "Evaluate both with answers, or both with --no-answers."
                )
            ]
        )
    _need_same(base, tuned)
    after = {item.id: item for item in tuned.items}
    pairs = [(item, after[item.id]) for item in base.items]
    b = np.array([one.right for one, _ in pairs])
    t = np.array([other.right for _, other in pairs])
    sums = np.stack([np.maximum(b - t, 0), np.maximum(t - b, 0), b, np.ones(len(b))], axis=1)
    drawn = resample(sums)
    before, now, n = float(b.mean()), float(t.mean()), len(b)
    first, second = _score(base, before), _score(tuned, now)
    counts = _counts(b, t)
    return Comparison(
        task=base.task,
        metric=base.main,
        n=n,
        before=before,
        after=now,
        before_error=float(b.std() / math.sqrt(n)),
        after_error=float(t.std() / math.sqrt(n)),
        scores=None if (first, second) == (before, now) else (first, second),
        aggregate=(first - second) / first if first else None,
        lost=_share(_figure(sums, drawn, lambda s: s[:, 0] / s[:, 3]), counts and (counts[1], n)),
        gained=_share(_figure(sums, drawn, lambda s: s[:, 1] / s[:, 3]), counts and (counts[2], n)),
        change=_widened(_figure(sums, drawn, lambda s: (s[:, 1] - s[:, 0]) / s[:, 3]), counts and paired(*counts)),
        forgetting_rate=_share(
            _figure(sums, drawn, lambda s: s[:, 0] / s[:, 2]), counts and (counts[1], counts[0] + counts[1])
        )
        if before
        else None,
        reference=reference(base, tuned),
    )


def _score(outcome: Outcome, mean: float) -> float:
    """The main metric; the mean itself where it is no other, whatever the rounding."""
    metric = outcome.metrics[outcome.main]
    return mean if math.isclose(metric, mean, rel_tol=1e-6, abs_tol=1e-9) else metric


def _counts(b: Sums, t: Sums) -> tuple[int, int, int, int] | None:
    """Items that both, the base alone, the tuned model alone and neither had right; None where answers are graded."""
    if not np.isin(np.concatenate([b, t]), (0, 1)).all():
        return None
    both, lost, gained = (int(x.sum()) for x in (b * t, b * (1 - t), (1 - b) * t))
    return both, lost, gained, len(b) - both - lost - gained


def _share(figure: Figure, count: tuple[int, int] | None) -> Figure:
    """The figure, and Wilson's interval where it is so many of so many."""
    return _widened(figure, None if count is None else wilson(count[0] / count[1], count[1]))


def _widened(figure: Figure, other: tuple[float, float] | None) -> Figure:
    """With both intervals in one: a bootstrap of few items, or of items that are all alike, is too sure."""
    if other is None:
        return figure
    drawn = figure.interval
    return Figure(figure.value, Interval(min(drawn.low, other[0]), max(drawn.high, other[1])))


def _need_same(base: Outcome, tuned: Outcome) -> None:
    after = {item.id: item for item in tuned.items}
    missing = [item.id for item in base.items if item.id not in after]
    if missing or len(after) != len(base.items):
        raise EvaluationDataError(
            [
                (
                    f"{base.task}: the base was given {len(base.items)} items and the tuned model {len(after)}, "
                    f"{len(missing)} of the base's are not among them{f' ({missing[0]} ...)' if missing else ''}. "
                    "Evaluate both on the same data with the same --limit."
                )
            ]
        )
    if base.asked and tuned.asked and base.asked != tuned.asked:
        raise EvaluationDataError(
            [
                (
                    f"{base.task}: under the same numbers the tuned model was asked other things than the base. "
                    "Evaluate both on the same data with the same --limit, --part, --shots, --examples and --labels."
                )
            ]
        )


def compare_all(base: Sequence[Outcome], tuned: Sequence[Outcome]) -> list[Comparison]:
    """Every task that both were given.

    Raises:
        EvaluationDataError: There is none, or one side lacks a task.
    """
    after = {outcome.task: outcome for outcome in tuned}
    missing = {outcome.task for outcome in base} ^ after.keys()
    if missing:
        raise EvaluationDataError([f"{', '.join(sorted(missing))}: evaluated on one of the two models alone"])
    return [compare(outcome, after[outcome.task]) for outcome in base]


def _figure(sums: Sums, drawn: Sums, figure: Callable[[Sums], Sums]) -> Figure:
    return Figure(float(figure(sums.sum(axis=0, keepdims=True))[0]), percentile(drawn, figure))


def reference(base: Outcome, tuned: Outcome) -> Figure | None:
    """Change of the mean log-probability of the reference answers, nats a token; None where they were not scored.

    Raises:
        EvaluationDataError: They were not given the same items.
    """
    _need_same(base, tuned)
    after = {item.id: item for item in tuned.items}
    pairs = [(item, after[item.id]) for item in base.items]
    known = [
        (one.reference_nll, other.reference_nll, one.reference_tokens)
        for one, other in pairs
        if one.reference_nll is not None and other.reference_nll is not None and one.reference_tokens
    ]
    if not known:
        return None
    sums = np.array(known, dtype=np.float64)
    return _figure(sums, resample(sums), lambda s: (s[:, 0] - s[:, 1]) / s[:, 2])


def document(comparisons: Sequence[Comparison], drift: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Both as one JSON document; ``drift`` as `edgegen evaluate drift` wrote it for one model."""
    return {"tasks": [asdict(one) for one in comparisons], "drift": [dict(one) for one in drift]}


def lines(found: Mapping[str, Any]) -> list[str]:
    """A document as Markdown, for a report and the screen."""
    text = []
    if found["tasks"]:
        text += [
            (
                "| task | n | before | after | change, points (95%) | lost | gained | forgetting rate (95%) "
                "| aggregate form, +- 1 standard error | reference, nats a token (95%) |"
            ),
            "|---|---|---|---|---|---|---|---|---|---|",
            *(_row(task) for task in found["tasks"]),
            "",
            (
                "Lost: the base had it right, the tuned model has not; forgetting rate: that as a share of what the "
                "base had right. Aggregate form: the drop of the score over the score before, as papers with two "
                "scores give it. Reference: how much likelier the reference answer became; where the base scores "
                f"under {WEAK:.0%}, it is this column that counts."
            ),
        ]
    if found["drift"]:
        text += [
            *([""] if text else []),
            "| general text | tokens | KL(base, tuned), nats a token (95%) | perplexity ratio (95%) | same token |",
            "|---|---|---|---|---|",
            *(
                f"| {one['kind']} | {one['tokens']:,} | {one['kl']:.4f} ({_span(one['kl_interval'], 4)}) "
                f"| {one['ratio']:.4f} ({_span(one['ratio_interval'], 4)}) | {one['agreement']:.1%} |"
                for one in found["drift"]
            ),
        ]
    return text


def _row(task: Mapping[str, Any]) -> str:
    rate, reference, aggregate = task["forgetting_rate"], task["reference"], task["aggregate"]
    scores = task.get("scores")
    # Of an F1 no item has a share, so that what can be counted pair by pair is answers, and the F1 stands beside them.
    what = "right answers" if scores else task["metric"]
    before, after = (f"; {task['metric']} {score:.3f}" for score in scores) if scores else ("", "")
    errors = (
        f"{scores[0]:.3f}, {scores[1]:.3f}"
        if scores
        else f"{task['before']:.1%} +- {task['before_error']:.1%}, {task['after']:.1%} +- {task['after_error']:.1%}"
    )
    cells = [
        f"{task['task']} ({what})",
        f"{task['n']:,}",
        f"{task['before']:.1%}{before}",
        f"{task['after']:.1%}{after}",
        _percent(task["change"], sign="+"),
        f"{task['lost']['value']:.1%}",
        f"{task['gained']['value']:.1%}",
        "-" if rate is None else _percent(rate),
        "-" if aggregate is None else f"{aggregate:.1%} ({errors})",
        "-" if reference is None else f"{reference['value']:+.4f} ({_span(reference['interval'], 4)})",
    ]
    return f"| {' | '.join(cells)} |"


def _percent(figure: Mapping[str, Any], sign: str = "") -> str:
    low, high = figure["interval"]
    return f"{figure['value']:{sign}.1%} ({low:{sign}.1%} to {high:{sign}.1%})"


def _span(interval: Sequence[float], digits: int) -> str:
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"


_INDENT = " " * 4
# The tasks that need no data of one's own.
_TASKS = "--task facts --task code --task sums --task sequences"
_UNKNOWN = (
    "Not measured yet: what this training cost the base elsewhere. BASE and ADAPTER are a checkpoint and `adapter/`,",
    "or two GGUFs; RUN is this folder.",
    "",
    f"{_INDENT}edgegen evaluate run BASE {_TASKS} --out base.json",
    f"{_INDENT}edgegen evaluate run BASE --adapter tuned=ADAPTER --use tuned {_TASKS} --out tuned.json",
    f"{_INDENT}edgegen evaluate drift BASE --adapter tuned=ADAPTER --out drift.json",
    f"{_INDENT}edgegen evaluate compare base.json tuned.json --drift drift.json --run RUN",
)


def report_lines(run: Path) -> list[str]:
    """The section of a run's report; how to fill it when nobody evaluated the run yet."""
    file = run / FILE
    if not file.is_file():
        return ["", HEADING, "", *_UNKNOWN]
    return ["", HEADING, "", *lines(json.loads(file.read_text(encoding="utf-8")))]


def add_to_run(run: Path, found: Mapping[str, Any]) -> None:
    """Keep the figures with a run, and put them into its report in place of older ones.

    Raises:
        EvaluationDataError: The folder holds no finished run.
    """
    report = run / "REPORT.md"
    if not report.is_file():
        raise EvaluationDataError([f"{run}: holds no REPORT.md, so it is no finished run of `edgegen finetune`"])
    write_whole(run / FILE, json.dumps(found, indent=2) + "\n")
    kept, skipping = [], False
    for line in report.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            skipping = line == HEADING
        if not skipping:
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    write_whole(report, "\n".join([*kept, *report_lines(run)]) + "\n")
