"""Checkpoint or adapter -> GGUF, with llama.cpp's own scripts."""

import os
from pathlib import Path

from edgegen.errors import BundleError
from export.toolchain import Toolchain

_MAGIC = b"GGUF"


def convert_model(
    tools: Toolchain, checkpoint: Path, target: Path, *, name: str, log: Path, outtype: str = "f16"
) -> Path:
    """Write a checkpoint as GGUF.

    Args:
        outtype: ``f16``, or ``f32``: then llama.cpp rounds activations to nothing less either, which F16 weights make
            it do, so logits can be compared with float32 closely.
        name: Goes into the file; without it the converter writes the folder's name.

    Raises:
        BundleError: If the converter fails or writes no GGUF.
    """
    arguments = [str(checkpoint), "--outtype", outtype, "--model-name", name]
    return _convert(tools, "convert_hf_to_gguf.py", arguments, target, log)


def convert_adapter(
    tools: Toolchain, plain: Path, base: Path, target: Path, *, log: Path, outtype: str = "f32"
) -> Path:
    """Write a plain adapter (``export.fold.write_plain``) as GGUF.

    Args:
        base: The base's checkpoint folder; only its configuration is read.
        outtype: f32 rounds nothing; f16 is half as large; q8_0 a quarter, where a rank is a multiple of 32.

    Raises:
        BundleError: If the converter fails or writes no GGUF.
    """
    arguments = [str(plain), "--base", str(base), "--outtype", outtype]
    return _convert(tools, "convert_lora_to_gguf.py", arguments, target, log)


def _convert(tools: Toolchain, script: str, arguments: list[str], target: Path, log: Path) -> Path:
    temporary = target.with_name(f".{target.name}")
    tools.run(script, [*arguments, "--outfile", str(temporary)], log)
    try:
        with temporary.open("rb") as file:
            magic = file.read(len(_MAGIC))
            os.fsync(file.fileno())
        if magic != _MAGIC:
            raise BundleError(f"{script} ended well and wrote no GGUF. All it said is in {log}.")
        temporary.replace(target)
    except OSError as error:
        raise BundleError(
            f"{script} ended well and wrote nothing: {error.strerror}. All it said is in {log}."
        ) from None
    return target
