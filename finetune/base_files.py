"""Whether the weights of a base are whole, without reading them: a broken download is told before any GPU works."""

import json
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open

from finetune.errors import TrainingError

INDEX = "model.safetensors.index.json"


def check_whole(folder: Path) -> None:
    """Whether each file of weights is as long as its header says, and none that the index names is missing.

    Raises:
        TrainingError: Naming the first that is not.
    """
    remedy = "Copy the checkpoint again, or make one: edgegen model to-hf FILE.gguf FOLDER"
    for name in sorted({*_named(folder / INDEX, remedy), *(file.name for file in folder.glob("*.safetensors"))}):
        try:
            with safe_open(folder / name, framework="pt"):
                pass
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"{folder / name}: the weights are not whole: {error}. {remedy}") from None


def _named(index: Path, remedy: str) -> set[str]:
    """The files among which an index deals out the weights; none where there is no index."""
    try:
        return {os.fspath(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TrainingError(f"{index}: cannot be read: {error!r}. {remedy}") from None
