"""Measurements that can be broken off: what was measured with the same inputs is not measured again."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.tables import progress


class Kept:
    """Results in a folder, one file a step.

    A step's file holds what it was measured with: whatever of that is another now makes it be measured again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def result(self, step: str, inputs: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        """The step's result, measured unless it is there.

        Args:
            inputs: JSON values that the result follows from.
            measure: Returns JSON values.
        """
        path = self._folder / f"{step}.json"
        wanted = json.loads(json.dumps(inputs))
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["inputs"] == wanted:
                return found["result"]
        began = time.monotonic()
        result = measure()
        progress(f"{step}: {time.monotonic() - began:.0f} s")
        part = path.with_name(f".{path.name}")
        part.write_text(json.dumps({"inputs": wanted, "result": result}, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
        return json.loads(json.dumps(result))
