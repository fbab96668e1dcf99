"""A base with updates or without -> its 16-bit GGUF; what is there already from an attempt before is not made again."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from export.checkpoint import Checkpoint, digest_of
from export.convert import convert_model
from export.fold import Update
from export.inputs import Inputs, Say, tokenizer_sha256
from export.merge import merge
from export.nf4 import FourBit
from export.progress import Progress
from export.request import Request


def make_gguf(
    request: Request,
    inputs: Inputs,
    target: Path,
    base: Checkpoint,
    *,
    updates: Mapping[str, Update] | None = None,
    identity: str = "",
    outtype: str = "f16",
    say: Say,
) -> Path:
    """Merge and convert; the merged checkpoint is removed when its GGUF is whole.

    Args:
        target: The GGUF; its log goes beside it.
        updates: By name of the tensor; None: the base alone.
        identity: What the updates follow from.
        say: Called with a line now and then that says how far it is.

    Raises:
        BundleError: If a value does not fit into F16, the disk is full or the converter fails.
    """
    facts = {
        "base": inputs.base_sha256,
        "form": "4-bit" if isinstance(base, FourBit) else "",
        "updates": identity,
        "tools": request.tools.sha256,
        "tokenizer": tokenizer_sha256(inputs.first),
        "outtype": outtype,
        "name": request.name,
    }
    mark, key = target.with_suffix(".key"), digest_of(facts)
    if target.is_file() and mark.is_file() and mark.read_text() == key:
        return target
    mark.unlink(missing_ok=True)
    scratch = target.with_suffix("")
    # The converter reads a name and a version out of the folder's name.
    done = _counted(Progress(say), inputs.values)
    checkpoint = merge(base, updates or {}, scratch / request.name, facts, done)
    for path in inputs.first.tokenizer_files:
        shutil.copyfile(path, checkpoint / path.name)
    convert_model(
        request.tools, checkpoint, target, name=request.name, log=target.with_name("export.log"), outtype=outtype
    )
    mark.write_text(key)
    shutil.rmtree(scratch)
    return target


def _counted(progress: Progress, total: int) -> Callable[[int], object]:
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        progress.at(done, total)

    return more
