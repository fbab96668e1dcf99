"""F16 GGUF -> a smaller type, through llama.cpp's own quantiser."""

import re
from pathlib import Path

from edgegen.errors import BundleError
from export.native import call

# Type -> bits a weight, for what is said before the start; llama.cpp's dry run says it exactly.
# F16 is what the converter writes. Widths that are no multiple of 256 fall back to a larger type.
TYPES = {"F16": 16.0, "Q8_0": 8.5, "Q6_K": 6.56, "Q5_K_M": 5.68, "Q4_K_M": 4.83, "Q4_0": 4.55, "IQ4_XS": 4.36}

# The quantiser's last line but one, e.g. `quant size  =    12.34 MiB (4.83 BPW)`.
_SIZE = re.compile(r"quant size\s*=\s*([0-9.]+) MiB")


def quantize(source: Path, target: Path, ftype: str, *, log: Path) -> Path:
    """Write ``source`` in another type; for F16 that is the file itself, renamed.

    Raises:
        BundleError: If the type is unknown or the quantiser fails.
    """
    if ftype not in TYPES:
        raise BundleError(f"--quant {ftype}: use one of {', '.join(TYPES)}.")
    if ftype == "F16":
        return source
    temporary = target.with_name(f".{target.name}")
    call("quantize", {"source": str(source), "target": str(temporary), "ftype": ftype}, log)
    temporary.replace(target)
    return target


def predicted_bytes(source: Path, ftype: str, *, log: Path) -> int:
    """The size of the weights after quantising, by llama.cpp's dry run, in bytes."""
    if ftype == "F16":
        return source.stat().st_size
    start = log.stat().st_size if log.exists() else 0
    arguments = {"source": str(source), "target": str(log.with_name("dry-run.gguf")), "ftype": ftype, "dry_run": True}
    call("quantize", arguments, log)
    with log.open("rb") as file:
        file.seek(start)
        found = _SIZE.findall(file.read().decode("utf-8", "replace"))
    if not found:
        raise BundleError(f"the quantiser's dry run told no size. All it said is in {log}.")
    return int(float(found[-1]) * 1024 * 1024)
