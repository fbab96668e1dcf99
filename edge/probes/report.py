"""A run as a table for people and as a document for programs."""

from collections.abc import Sequence
from typing import Any

from edge.probes.checks import labels
from edge.probes.run import Run, SuiteRun
from edge.probes.score import Result, Score, macro_f1

_HEADER = ("SUITE", "CATEGORY", "RIGHT", "SCORE", "95% INTERVAL", "WORST TEMPLATE", "SECONDS", "TOK/S")
_ANSWER_CHARACTERS = 200


def table(run: Run) -> str:
    """One line a category and one a suite."""
    lines = [_HEADER]
    for suite in run.suites:
        for category, score in suite.categories.items():
            lines.append((suite.suite.name, category, *_cells(score), "", ""))
        if suite.results:
            speed = (f"{suite.seconds:.1f}", f"{suite.tokens_per_s:.0f}")
            lines.append((suite.suite.name, "all", *_cells(suite.score), *speed))
    shown = [f"{suite.suite.name}: macro F1 {value:.4f}" for suite in run.suites if (value := f1(suite)) is not None]
    return "\n".join([align(lines), *shown])


def f1(suite: SuiteRun) -> float | None:
    """Macro F1 over the classes of the checks' ``label``; None where no check has one."""
    pairs = [found for r in suite.results if (found := labels(r.item.check, r.answer)) is not None]
    return macro_f1(pairs) if pairs else None


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns of text, two spaces apart."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(score: Score) -> tuple[str, str, str, str]:
    worst = "" if score.worst_template is None else f"{score.worst_template} {score.worst_share:.0%}"
    interval = f"{score.interval.low:.1%} - {score.interval.high:.1%}"
    return f"{score.passed}/{score.total}", f"{score.share:.1%}", interval, worst


def answers(suite: SuiteRun, *, failures_only: bool) -> list[str]:
    """What was asked and answered, item by item."""
    return [_lines(result) for result in suite.results if not (failures_only and result.passed)]


def _lines(result: Result) -> str:
    answer = result.answer.strip().replace("\n", "\n     ")
    if len(answer) > _ANSWER_CHARACTERS:
        answer = answer[: _ANSWER_CHARACTERS - 3] + "..."
    verdict = "right" if result.passed else f"wrong: {result.reason}"
    question = result.item.prompt.replace("\n", "\n     ")
    return f"{result.item.id}: {verdict}\n  Q: {question}\n  A: {answer}"


def document(run: Run) -> dict[str, Any]:
    """The run as JSON values; shares are in 0..1."""
    return {
        "run": run.id,
        "model": run.model,
        "model_sha256": run.sha256,
        "suites": [_suite(suite) for suite in run.suites],
        "gate": {"passed": not run.shortfalls, "shortfalls": run.shortfalls},
    }


def _suite(suite: SuiteRun) -> dict[str, Any]:
    return {
        "suite": suite.suite.name,
        "seconds": round(suite.seconds, 3),
        "tokens_per_s": round(suite.tokens_per_s, 2),
        **_score(suite.score),
        **({} if f1(suite) is None else {"macro_f1": f1(suite)}),
        "categories": {name: _score(score) for name, score in suite.categories.items()},
        "items": [
            {
                "id": result.item.id,
                "template": result.item.template,
                "adapter": result.item.adapter,
                "category": result.item.category,
                "passed": result.passed,
                "reason": result.reason,
                "prompt": result.item.prompt,
                "answer": result.answer,
                "completion_tokens": result.completion_tokens,
                "seconds": round(result.seconds, 3),
                "sure": {measure: round(value, 6) for measure, value in result.sure.items()},
            }
            for result in suite.results
        ],
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "passed": score.passed,
        "total": score.total,
        "score": round(score.share, 6),
        "interval": [round(end, 6) for end in score.interval],
        "method": score.method,
        "worst_template": score.worst_template,
        "worst_score": score.worst_share,
    }
