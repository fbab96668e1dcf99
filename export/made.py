"""What the work has made, before it is written as a bundle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Made:
    """Contents of a bundle by path, fields of its manifest, and what was measured."""

    contents: dict[str, Path | bytes]
    fields: dict[str, Any]
    measured: dict[str, Any]
