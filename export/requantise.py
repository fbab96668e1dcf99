"""A base that was quantised before: what rounding a merged model again takes away, and to which types.

`edgegen model to-hf` gives the weights of a Q4_1 exactly as they are, on that type's steps. Most changes of an adapter
are smaller than half a step, so a type that has its steps at the same places rounds them back to where they were.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from export.quantize import Tensor

# Below this share of an adapter's change a type is not chosen by itself, and is warned of.
LEAST_KEPT = 0.9
# Base's type -> type of the file -> share that is left of a change of 4% of the weights' size (their standard
# deviations), where that is below LEAST_KEPT. Measured in docs/decisions/0026; docs/RESULTS.md has 40% for Q4_1
# over Q4_1 with a real adapter. From Q6_K on nothing is lost.
KEPT: Mapping[str, Mapping[str, float]] = {
    "Q2_K": {"Q2_K": 0.03, "Q3_K": 0.81, "Q4_1": 0.85, "Q4_K": 0.65},
    "Q3_K": {"Q3_K": 0.09, "Q4_0": 0.53, "Q4_K": 0.72, "Q5_0": 0.81},
    "IQ4_NL": {"IQ4_NL": 0.19, "IQ4_XS": 0.20, "Q3_K": 0.85, "Q4_K": 0.78},
    "IQ4_XS": {"IQ4_NL": 0.19, "IQ4_XS": 0.18, "Q3_K": 0.86, "Q4_K": 0.78},
    "Q4_0": {"Q4_0": 0.15, "Q4_1": 0.79, "Q4_K": 0.42, "Q5_0": 0.67},
    "Q4_1": {"Q4_1": 0.30, "Q4_K": 0.21},
    "Q4_K": {"Q4_1": 0.52, "Q4_K": 0.21},
    "Q5_0": {"Q5_0": 0.67},
    "Q5_1": {"Q5_1": 0.86, "Q5_K": 0.84},
    "Q5_K": {"Q5_1": 0.88, "Q5_K": 0.84},
    "Q6_K": {},
    "Q8_0": {},
}


def spoiling(origin: Mapping[str, Any]) -> dict[str, float]:
    """The types that round away what is merged into a base, with about the share that they keep of it.

    Empty where the base is as it was trained, or was rounded finely. A type that is not known here spoils itself.

    Args:
        origin: What `edgegen model to-hf` noted beside the base, or nothing.
    """
    found: dict[str, float] = {}
    for base in _types(origin):
        for type_, share in KEPT.get(base, {base: 0.0}).items():
            found[type_] = min(share, found.get(type_, 1.0))
    return dict(sorted(found.items()))


def advice(origin: Mapping[str, Any], *, has_target: bool) -> str | None:
    """What is said before a merge into such a base that is to be rounded coarser than Q8_0; None for any other base.

    Args:
        has_target: Whether every tensor's type is yet to be chosen.
    """
    spoils = spoiling(origin)
    if not spoils:
        return None
    left_out = f" {', '.join(spoils)} will not be chosen." if has_target else ""
    return (
        f"warning: the base was made from {origin.get('file', 'a GGUF')} and stands on the steps of "
        f"{', '.join(_types(origin))}; rounding a merged model again takes a part of the adapter away. Measured on "
        "SmolLM2-135M's Q4_1, an adapter for numbers: 40% of its change is left at Q4_1, and 52% of the answers are "
        "right instead of 99%; 92% and 97% at Q4_K_M with an importance matrix; all of both at Q8_0. Take "
        f"--adapter-only with --base-gguf and that file, or --quant Q8_0.{left_out}"
    )


def spoiled(tensors: Iterable[Tensor], spoils: Mapping[str, float]) -> str | None:
    """What is said of a file that holds such types; None where it holds none."""
    weights = [tensor for tensor in tensors if tensor.quantised]
    hit = [tensor for tensor in weights if tensor.type in spoils]
    if not hit:
        return None
    share = sum(tensor.values for tensor in hit) / sum(tensor.values for tensor in weights)
    types = ", ".join(f"{name} (keeps about {spoils[name]:.0%})" for name in sorted({tensor.type for tensor in hit}))
    return (
        f"{len(hit)} of {len(weights)} tensors, {share:.0%} of the weights, become {types}, whose steps lie where the "
        "base's do: what the adapter changed there is rounded away"
    )


def _types(origin: Mapping[str, Any]) -> list[str]:
    dequantised = origin.get("dequantised")
    return sorted(map(str, dequantised)) if isinstance(dequantised, Mapping) else []
