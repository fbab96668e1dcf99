"""The log of everything that was ever asked of the sealed split: who looks at it often is tuning on it.

``<data_dir>/sealed-runs.jsonl`` gets a line for each suite of a run, before its score is shown, and also for one that
was broken off: its answers are in the database all the same.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from edge import clock
from edge.probes.run import Run, SuiteRun
from edge.probes.suite import Suite
from edgegen.errors import ConfigError

LOG_NAME = "sealed-runs.jsonl"


def sealed_log(data_dir: Path, suites: Iterable[Suite]) -> Callable[[Run, SuiteRun], None]:
    """For ``run_suites`` with these suites: appends what was asked of the sealed split.

    Raises:
        ConfigError: If one of them asks it and nothing can be appended there: then nothing should be asked.
    """
    if not any(suite.sealed for suite in suites):
        return lambda _run, _done: None
    path = data_dir / LOG_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise ConfigError(
            [f"{path}: {error.strerror}. What is asked of the sealed split is logged there: choose another folder."]
        ) from None

    def append(run: Run, done: SuiteRun) -> None:
        if done.suite.sealed:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_line(run, done)) + "\n")

    return append


def _line(run: Run, done: SuiteRun) -> dict[str, object]:
    return {
        "utc": clock.utc(),
        "run": run.id,
        "suite": done.suite.name,
        "model": run.model,
        "model_sha256": run.sha256,
        "adapters": sorted({item.adapter for item in done.suite.items if item.adapter is not None}),
        "of": len(done.suite.items),
        "items": len(done.results),
        "passed": done.score.passed,
        "worst_template": done.score.worst_template,
        "worst_score": done.score.worst_share,
    }
