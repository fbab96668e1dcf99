"""The best adapter so far, in the run folder until the report is there: who resumes in between needs it again."""

from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from finetune import checkpoint

NAME = "best.safetensors"


def keep_best(model: Any, folder: Path) -> None:
    """Write the adapter as it is now in the place of the best before it, whole or not at all."""
    save_file(checkpoint.adapter_state(model), folder / ".best.part")
    (folder / ".best.part").replace(folder / NAME)


def kept_best(folder: Path) -> Path | None:
    """The file, where early stopping had one written."""
    file = folder / NAME
    return file if file.exists() else None
