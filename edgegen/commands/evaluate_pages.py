"""What ``edgegen evaluate`` shows and reads: tables of results, and the files that it wrote."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgegen.report_table import table
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Outcome


def read_document(path: Path) -> dict[str, Any]:
    """A file that one of the commands wrote.

    Raises:
        EvaluationDataError: It cannot be read, or holds no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationDataError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (ValueError, RecursionError) as error:
        raise EvaluationDataError([f"{path}: is no JSON: {error}"]) from None
    if not isinstance(found, dict):
        raise EvaluationDataError([f"{path}: is no JSON object"])
    return found


def outcome_lines(outcomes: Sequence[Outcome], truncated: int) -> list[str]:
    """Of ``run``: each metric, and how many prompts lost their beginning."""
    rows = [["TASK", "METRIC", "VALUE", "N", "NO ANSWER"]]
    for outcome in outcomes:
        silent = str(sum(not item.parsed for item in outcome.items))
        rows += [[outcome.task, m, f"{v:.4f}", f"{len(outcome.items):,}", silent] for m, v in outcome.metrics.items()]
    cut = ["", f"  {truncated} prompts were longer than the context and lost their beginning"] if truncated else []
    return [*table(rows, numbers_from=2), *cut]


def drift_lines(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Of ``drift``, as it wrote the figures."""
    rows = [["MODEL", "TEXT", "TOKENS", "KL, NATS", "95%", "SAME TOKEN", "PERPLEXITY", "RATIO", "95%"]]
    for name, drifts in found.items():
        rows += [
            [
                name,
                one["kind"],
                f"{one['tokens']:,}",
                f"{one['kl']:.4f}",
                "{:.4f}..{:.4f}".format(*one["kl_interval"]),
                f"{one['agreement']:.1%}",
                f"{one['perplexity_base']:.2f} -> {one['perplexity_tuned']:.2f}",
                f"{one['ratio']:.4f}",
                "{:.4f}..{:.4f}".format(*one["ratio_interval"]),
            ]
            for one in drifts
        ]
    return list(table(rows, numbers_from=2))
