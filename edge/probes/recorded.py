"""The answers that a bundle gave to its gate when it was made current: what a live node is compared with later.

``<data_dir>/gate/<sha256 of the manifest>.json``, written whole or not at all. It is kept apart from the database,
whose rows grow old; the records of bundles that were current before are few and small, and stay.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edge.probes.run import Run
from edgegen.errors import ConfigError
from edgegen.files import write_whole

_FOLDER = "gate"


class RecordedAnswer(NamedTuple):
    """What came to an item, and whether it was right; ``prompt`` is None in records of before it was kept."""

    answer: str
    passed: bool
    prompt: str | None = None

    def asked_the_same(self, prompt: str) -> bool:
        """Whether this is about the same question: a newer edgegen may ask another under the same id."""
        return self.prompt is None or self.prompt == prompt


# By suite and item.
Answers = Mapping[tuple[str, str], RecordedAnswer]


def save_answers(data_dir: Path, run: Run) -> None:
    """Keep a run's answers as those of its model."""
    folder = data_dir / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "model": run.model,
        "suites": {
            suite.suite.name: {
                result.item.id: {"prompt": result.item.prompt, "answer": result.answer, "passed": result.passed}
                for result in suite.results
            }
            for suite in run.suites
        },
    }
    write_whole(folder / f"{run.sha256}.json", json.dumps(document, ensure_ascii=False))


def load_answers(data_dir: Path, sha256: str) -> Answers:
    """The recorded answers of a model; empty where there are none.

    Raises:
        ConfigError: There is a record, and it cannot be read or is damaged.
    """
    path = data_dir / _FOLDER / f"{sha256}.json"
    try:
        document = json.loads(path.read_text("utf-8"))
        return {
            (suite, item): RecordedAnswer(str(one["answer"]), bool(one["passed"]), one.get("prompt"))
            for suite, items in document["suites"].items()
            for item, one in items.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = (
            f"{path}: the answers recorded at activation cannot be read: {error!r}. "
            "`edgegen bundle activate` records them anew."
        )
        raise ConfigError([problem]) from None
