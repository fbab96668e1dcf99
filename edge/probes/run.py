"""A run: ask a target the questions of some suites, judge the answers, keep them in the store."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from edge import clock
from edge.patience import at_most
from edge.probes.answer import Answer
from edge.probes.checks import Verdict, judge
from edge.probes.score import Result, Score, by_category, score, shortfalls
from edge.probes.suite import Item, Suite
from edge.probes.target import Target

# Rows a transaction takes: a commit may cost 50 ms on an SD card, and a run that is broken off loses no more than this.
ROWS_A_COMMIT = 32

# A pattern such as (a+)+$ can take for ever on an answer of a few words; an honest check takes a millisecond.
JUDGE_S = 2.0

# Before the problem of an item that got no answer.
NO_ANSWER = "no answer: "


class Rows(Protocol):
    """Where the rows of a run go: `edge.store.Store`."""

    def add_rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep them, all or none."""


@dataclass(frozen=True)
class SuiteRun:
    """One suite of a run."""

    suite: Suite
    results: tuple[Result, ...]
    seconds: float

    @property
    def score(self) -> Score:
        """Over all items."""
        return score(self.results)

    @property
    def categories(self) -> dict[str, Score]:
        """Of each category."""
        return by_category(self.results)

    @property
    def tokens_per_s(self) -> float:
        """Answer tokens a second, over all slots together."""
        tokens = sum(result.completion_tokens for result in self.results)
        return tokens / self.seconds if self.seconds > 0 else 0.0

    @property
    def shortfalls(self) -> list[str]:
        """What keeps it from passing its gate."""
        return shortfalls(self.suite, self.results)


@dataclass
class Run:
    """All suites of a run, under one id; ``absent_adapters`` were asked for and are not there."""

    model: str
    sha256: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    suites: list[SuiteRun] = field(default_factory=list)
    absent_adapters: frozenset[str] = frozenset()

    @property
    def shortfalls(self) -> list[str]:
        """What keeps the run from passing its gate."""
        return [line for run in self.suites for line in run.shortfalls]


def run_suites(
    target: Target,
    suites: Sequence[Suite],
    store: Rows | None,
    progress: Callable[[int], object] = lambda _: None,
    *,
    log: Callable[[Run, SuiteRun], object] = lambda _run, _done: None,
) -> Run:
    """Ask everything; what names an adapter that the target lacks is asked without one.

    Args:
        store: Gets a row of ``probe_results`` for each item, also of a run that is broken off; None keeps nothing.
        progress: Called with the number of items that were answered since the last call.
        log: Called with each suite of which something was answered, also when it is broken off then.
    """
    named = {item.adapter for suite in suites for item in suite.items if item.adapter is not None}
    run = Run(target.model, target.sha256, absent_adapters=frozenset(named - target.adapters))
    for suite in suites:
        asked = without_adapters(suite, run.absent_adapters)
        done = _run_suite(run, target, asked, store, progress=progress, log=log)
        run.suites.append(done)
        if store is not None and done.results:
            scores = {"": done.score, **done.categories}
            store.add_rows("probe_scores", [_score_row(run, suite, name, score) for name, score in scores.items()])
    return run


def without_adapters(suite: Suite, names: frozenset[str]) -> Suite:
    """The suite with these adapters' items asked of the base model."""
    if not names:
        return suite
    items = (replace(item, adapter=None) if item.adapter in names else item for item in suite.items)
    return replace(suite, items=tuple(items))


def at_temperature(suite: Suite, temperature: float) -> Suite:
    """The suite with every item asked at this temperature, whatever its own."""
    items = (replace(item, sampling={**item.sampling, "temperature": temperature}) for item in suite.items)
    return replace(suite, items=tuple(items))


def _run_suite(
    run: Run,
    target: Target,
    suite: Suite,
    store: Rows | None,
    *,
    progress: Callable[[int], object],
    log: Callable[[Run, SuiteRun], object],
) -> SuiteRun:
    results: list[Result] = []
    unsaved: list[dict[str, Any]] = []
    started = time.monotonic()
    try:
        for item, answer in target.ask(suite.items):
            result = _result(item, answer)
            results.append(result)
            unsaved.append(_row(run, suite, result))
            progress(1)
            if len(unsaved) >= ROWS_A_COMMIT:
                _save(store, unsaved)
    finally:
        _save(store, unsaved)
        order = {item.id: place for place, item in enumerate(suite.items)}
        results.sort(key=lambda result: order[result.item.id])
        done = SuiteRun(suite, tuple(results), time.monotonic() - started)
        if results:
            log(run, done)
    return done


def _result(item: Item, answer: Answer) -> Result:
    if answer.problem is not None:
        verdict = Verdict(passed=False, reason=NO_ANSWER + answer.problem)
    else:
        try:
            with at_most(JUDGE_S):
                verdict = judge(item.check, answer.text)
        except TimeoutError:
            verdict = Verdict(
                passed=False, reason=f"the check was not decided within {JUDGE_S:g} s: write it otherwise"
            )
    return Result(
        item, answer.text, verdict.passed, verdict.reason, answer.seconds, answer.completion_tokens, answer.sure
    )


def _row(run: Run, suite: Suite, result: Result) -> dict[str, Any]:
    """A row of the store's table ``probe_results``."""
    return {
        "utc": clock.utc(),
        "run": run.id,
        "suite": suite.name,
        "probe": result.item.id,
        "category": result.item.category,
        "model": run.model,
        "model_sha256": run.sha256,
        "adapter": result.item.adapter,
        "prompt": result.item.prompt,
        "answer": result.answer,
        "passed": int(result.passed),
        "reason": result.reason,
        "seconds": round(result.seconds, 4),
        "confidence_mean": result.sure.get("mean"),
        "confidence_least": result.sure.get("least"),
        "agreement": result.sure.get("agreement"),
    }


def _score_row(run: Run, suite: Suite, category: str, of: Score) -> dict[str, Any]:
    """A row of the store's table ``probe_scores``."""
    return {
        "utc": clock.utc(),
        "run": run.id,
        "suite": suite.name,
        "category": category,
        "model": run.model,
        "model_sha256": run.sha256,
        "passed": of.passed,
        "total": of.total,
        "share": of.share,
        "low": of.interval.low,
        "high": of.interval.high,
        "method": of.method,
        "worst_template": of.worst_template,
        "worst_share": of.worst_share,
    }


def _save(store: Rows | None, unsaved: list[dict[str, Any]]) -> None:
    if store is not None and unsaved:
        store.add_rows("probe_results", unsaved)
    unsaved.clear()
