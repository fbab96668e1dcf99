"""``metrics.jsonl`` of a run folder: a line for each step and each evaluation."""

import json
from pathlib import Path
from typing import Any

from edgegen.files import write_whole
from finetune.processes import rank


class Metrics:
    """The log of one run; only rank 0 writes it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "metrics.jsonl"

    def add(self, figures: dict[str, Any]) -> None:
        """Append a line."""
        if rank():
            return
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")

    def forget_after(self, step: int) -> None:
        """Steps after the checkpoint are done again; what a power cut made of the last lines is dropped."""
        if rank():
            return
        text = self._file.read_text(encoding="utf-8", errors="replace") if self._file.exists() else ""
        kept = [line for line in text.splitlines() if 0 <= _step_of(line) <= step and step]
        write_whole(self._file, "".join(line + "\n" for line in kept))

    def rows(self) -> list[dict[str, Any]]:
        """All lines so far."""
        return [json.loads(line) for line in self._file.read_text(encoding="utf-8").splitlines()]


def _step_of(line: str) -> int:
    """The step of a line; -1 when it is not whole."""
    try:
        step = json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return -1
    return step if isinstance(step, int) else -1
