"""What `edgegen doctor --tune` found out: a file in the data directory that every start of the engine reads."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from edgegen.files import write_whole

FILE = "tune.json"


@dataclass(frozen=True)
class Tuned:
    """Settings of the engine; None leaves one to the engine's default."""

    n_threads: int | None = None
    n_batch: int | None = None
    kv_type: str | None = None
    flash_attn: bool | None = None


def conditions(model_sha256: str) -> dict[str, Any]:
    """What a measurement holds for: another model, llama.cpp or number of cores makes it void.

    Raises:
        ModuleNotFoundError: llama-cpp-python is not installed.
    """
    # Imported late: 7 ms at the start of a daemon, and only one that was tuned needs it.
    from importlib.metadata import version  # noqa: PLC0415

    return {
        "model_sha256": model_sha256,
        "cores": len(os.sched_getaffinity(0)),
        "llama_cpp": version("llama-cpp-python"),
    }


def read_tuned(data_dir: Path, model_sha256: str) -> Tuned:
    """What was found for this model on this machine; nothing where there is no file, or one made for others."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, ModuleNotFoundError):
        document = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        if document["conditions"] == conditions(model_sha256):
            names = {field.name for field in fields(Tuned)}
            return Tuned(**{name: value for name, value in document["chosen"].items() if name in names})
    return Tuned()


def write_tuned(data_dir: Path, model_sha256: str, chosen: Tuned, measured: list[Mapping[str, Any]]) -> Path:
    """Replace the file; ``measured`` is kept for whoever wants to know why.

    Raises:
        OSError: It cannot be written.
    """
    path = data_dir / FILE
    document = {"conditions": conditions(model_sha256), "chosen": asdict(chosen), "measured": measured}
    write_whole(path, json.dumps(document, indent=1) + "\n")
    return path
