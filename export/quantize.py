"""F16 GGUF -> a smaller type, through llama.cpp's own quantiser; how large it will be is said first."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.bundle_verify import sha256_file
from edgegen.catalog_fetch import require_space
from edgegen.errors import BundleError
from export.native import call

# Type -> bits a weight, for what is said before the start; llama.cpp's dry run says it exactly.
# F16 is what the converter writes. Widths that are no multiple of 256 fall back to a larger type.
TYPES = {"F16": 16.0, "Q8_0": 8.5, "Q6_K": 6.56, "Q5_K_M": 5.68, "Q4_K_M": 4.83, "Q4_0": 4.55, "IQ4_XS": 4.36}

# The same where the width is no multiple of 256: llama.cpp takes Q5_0, Q5_1, Q8_0 or IQ4_NL instead.
_ODD_WIDTH = {"Q6_K": 8.5, "Q5_K_M": 6.2, "Q4_K_M": 5.6, "IQ4_XS": 4.6}
_OUTPUTS = ("lm_head.weight", "model.embed_tokens.weight")

Say = Callable[[str], object]

# What a single tensor can be: everything that llama.cpp computes with on any processor and quantises without an
# importance matrix, smallest first.
TENSOR_TYPES = (
    *("Q2_K", "Q3_K", "IQ3_S", "IQ4_XS", "Q4_K", "IQ4_NL", "Q4_0", "Q4_1", "Q5_K", "Q5_0", "Q5_1", "Q6_K", "Q8_0"),
    *("BF16", "F16", "F32"),
)


@dataclass(frozen=True)
class Recipe:
    """What is done to the weights.

    Args:
        ftype: llama.cpp's mixture; one of ``TYPES``, or any that ``export.target`` chooses.
        overrides: Pattern (searched in a tensor's name) and type of ``TENSOR_TYPES``; the first that matches wins.
        imatrix: Importance matrix, a file of llama-imatrix's format.
    """

    ftype: str
    overrides: tuple[tuple[str, str], ...] = ()
    imatrix: Path | None = None

    def arguments(self, source: Path) -> dict[str, Any]:
        """For ``export.native.call``."""
        return {
            "source": str(source),
            "ftype": self.ftype,
            "overrides": [list(rule) for rule in self.overrides],
            "imatrix": None if self.imatrix is None else str(self.imatrix),
        }

    def facts(self) -> dict[str, Any]:
        """For the manifest."""
        found: dict[str, Any] = {"mixture": self.ftype}
        if self.overrides:
            found["tensor_types"] = [f"{pattern}={type_}" for pattern, type_ in self.overrides]
        if self.imatrix is not None:
            found["imatrix_sha256"] = sha256_file(self.imatrix)
        return found


@dataclass(frozen=True)
class Tensor:
    """What would become of a tensor.

    Args:
        shape: Columns first.
        quantised: Whether it is a weight matrix; norms and biases stay as they are.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    size_bytes: int
    quantised: bool

    @property
    def values(self) -> int:
        """Number of its values."""
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True)
class Plan:
    """What a quantised file would be, exact to the byte."""

    size_bytes: int
    tensors: tuple[Tensor, ...]


def parse_overrides(rules: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """``REGEX=TYPE`` of the command line.

    Raises:
        BundleError: If one is neither.
    """
    parsed = []
    for rule in rules:
        pattern, _, type_ = rule.rpartition("=")
        if not pattern or type_.upper() not in TENSOR_TYPES:
            what = f"{type_!r} is no type of a tensor" if pattern else "there is no PATTERN=TYPE in it"
            raise BundleError(f"--tensor-type {rule}: {what}. Types: {', '.join(TENSOR_TYPES)}.")
        try:
            re.compile(pattern)
        except re.error as error:
            raise BundleError(f"--tensor-type {rule}: {pattern!r} is no regular expression: {error}.") from None
        parsed.append((pattern, type_.upper()))
    return tuple(parsed)


def about_bytes(shapes: Iterable[tuple[str, Sequence[int]]], ftype: str) -> int:
    """About how large a model will be, before there is a file that llama.cpp could say it of.

    Args:
        shapes: Name and shape ``(rows, columns)`` of each tensor of the checkpoint.
    """
    bits = 0.0
    for name, shape in shapes:
        # The output layer, which may be the embedding, is Q6_K in all mixtures below Q8_0.
        type_ = "Q6_K" if name in _OUTPUTS and ftype not in ("F16", "Q8_0") else ftype
        each = (TYPES if shape[-1] % 256 == 0 else {**TYPES, **_ODD_WIDTH})[type_]
        bits += math.prod(shape) * (each if len(shape) > 1 else 32)
    return int(bits / 8)


def plan(source: Path, recipe: Recipe, *, log: Path) -> Plan:
    """What ``quantize`` would write, by llama.cpp's dry run.

    Raises:
        BundleError: If a type or file is none, or a pattern matches no weight matrix.
    """
    _check_type(recipe)
    if recipe.ftype == "F16":
        return Plan(source.stat().st_size, ())
    told = call("plan", recipe.arguments(source), log)
    tensors = tuple(Tensor(**{**item, "shape": tuple(item["shape"])}) for item in told["tensors"])
    weights = [tensor.name for tensor in tensors if tensor.quantised]
    if recipe.imatrix is not None and weights and len(told["without_importance"]) == len(weights):
        raise BundleError(
            f"{recipe.imatrix}: says nothing of any weight matrix of {source.name}. It was measured on another model; "
            "leave --imatrix out to measure one."
        )
    for pattern, type_ in recipe.overrides:
        if not any(re.search(pattern, name) for name in weights):
            kinds = sorted({re.sub(r"^blk\.\d+\.", "blk.N.", name) for name in weights})
            raise BundleError(
                f"--tensor-type {pattern}={type_}: matches no weight matrix of {source.name}. "
                f"It has: {', '.join(kinds)}."
            )
    return Plan(int(told["size_bytes"]), tensors)


def quantize(
    source: Path, target: Path, recipe: Recipe, *, log: Path, expected: Plan | None = None, say: Say | None = None
) -> Path:
    """Write ``source`` in another type; for F16 that is the file itself.

    Args:
        expected: What ``plan`` said, where it was asked already.
        say: Called with a line now and then that says how far it is.

    Raises:
        BundleError: If the type is unknown, the disk too small, the quantiser fails, or writes another size.
    """
    expected = expected or plan(source, recipe, log=log)
    if recipe.ftype == "F16":
        return source
    require_space(target.parent, expected.size_bytes, target.name)
    temporary = target.with_name(f".{target.name}")
    told = call("quantize", {**recipe.arguments(source), "target": str(temporary)}, log, say)
    if told["size_bytes"] != expected.size_bytes:
        temporary.unlink()
        raise BundleError(
            f"{target.name}: has {told['size_bytes']} bytes, and the dry run said {expected.size_bytes}. "
            f"The quantiser did something else than it was asked to: see {log}."
        )
    temporary.replace(target)
    return target


def _check_type(recipe: Recipe) -> None:
    if recipe.ftype == "F16" and recipe.overrides:
        raise BundleError("--quant F16 with --tensor-type: F16 is what the converter writes. Take --quant Q8_0.")
    if not re.fullmatch(r"[A-Z0-9_]+", recipe.ftype):
        raise BundleError(f"--quant {recipe.ftype}: use one of {', '.join(TYPES)}.")
