"""The log of everything that was ever asked of the sealed split: who looks at it often is tuning on it.

``<data_dir>/sealed-runs.jsonl`` gets a line for each suite of a run, before its score is shown.
"""

import json
from pathlib import Path

from edge import clock
from edge.probes.run import Run

LOG_NAME = "sealed-runs.jsonl"


def log_sealed(data_dir: Path, run: Run) -> int:
    """Append what a run asked of the sealed split; gives the number of lines that are there for its suites now."""
    path = data_dir / LOG_NAME
    asked = [suite for suite in run.suites if suite.suite.sealed and suite.results]
    if not asked:
        return 0
    with path.open("a", encoding="utf-8") as file:
        for suite in asked:
            line = {
                "utc": clock.utc(),
                "run": run.id,
                "suite": suite.suite.name,
                "model": run.model,
                "model_sha256": run.sha256,
                "adapters": sorted({item.adapter for item in suite.suite.items if item.adapter is not None}),
                "items": len(suite.results),
                "passed": suite.score.passed,
                "worst_template": suite.score.worst_template,
                "worst_score": suite.score.worst_share,
            }
            file.write(json.dumps(line) + "\n")
    return len(path.read_text("utf-8").splitlines())
