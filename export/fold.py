"""Adapters as PEFT saves them -> what each does to a weight, with every scale baked in.

llama.cpp's adapter converter writes one alpha for all and ignores rsLoRA's root, rank and alpha patterns and DoRA's
magnitudes, silently; the runtime scales by alpha / rank. So adapters are reduced to plain A and B first, all of one
rank and with alpha equal to it. What has no such form says so and can only be merged.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from edgegen.errors import BundleError
from export.checkpoint import read_json

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Plain:
    """W becomes W + B A; ``a`` is ``(r, in)``, ``b`` is ``(out, r)``, both float32."""

    a: Tensor
    b: Tensor

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """The new rows for the float32 rows of W that begin at ``start``."""
        # Not addmm: product first, then sum, is PEFT's arithmetic, to the last bit where the scale is a power of two.
        return weight + self.b[start : start + len(weight)] @ self.a


@dataclass(frozen=True)
class Embedding:
    """An adapter of an embedding: W ``(vocabulary, width)`` becomes W + (B A)^T; ``a`` is ``(r, vocabulary)``."""

    a: Tensor
    b: Tensor

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """See Plain."""
        return torch.addmm(weight, self.a[:, start : start + len(weight)].T, self.b.T)


@dataclass(frozen=True)
class Dora:
    """W becomes m (W + B A) / |W + B A|, norms over each row (arXiv 2402.09353, eq. 5); ``magnitude`` is ``(out,)``."""

    plain: Plain
    magnitude: Tensor

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """See Plain."""
        new = self.plain.rows(weight, start)
        norms: Tensor = torch.linalg.vector_norm(new, dim=1)
        factor: Tensor = self.magnitude[start : start + len(weight)] / norms
        return new * factor[:, None]


@dataclass(frozen=True)
class Hira:
    """W becomes W * (1 + B A), value by value."""

    plain: Plain

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """See Plain."""
        return weight * (1 + self.plain.b[start : start + len(weight)] @ self.plain.a)


@dataclass(frozen=True)
class Replaced:
    """A whole weight that was trained (``modules_to_save``)."""

    weight: Tensor

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """See Plain."""
        return self.weight[start : start + len(weight)] if weight.dim() > 1 else self.weight


@dataclass(frozen=True)
class Soup:
    """The weighted sum of what several updates make of a weight, less what is too much of it: W + sum_i w_i dW_i.

    With weights that add up to 1 it is the average of merged models (model soups, arXiv 2203.05482), whatever the
    updates are. An update that is None leaves the weight as it is.
    """

    parts: tuple[tuple[float, "Update | None"], ...]

    def rows(self, weight: Tensor, start: int) -> Tensor:
        """See Plain."""
        new = weight.clone()
        for share, update in self.parts:
            if update is not None:
                new += share * (update.rows(weight, start) - weight)
        return new


Update = Plain | Embedding | Dora | Hira | Replaced | Soup


@dataclass(frozen=True)
class Adapter:
    """What an adapter does, by the name of the base's tensor, e.g. ``model.layers.0.self_attn.q_proj.weight``."""

    method: str
    updates: Mapping[str, Update]

    def plain(self, *, tied: bool) -> dict[str, Plain]:
        """The same as plain A and B.

        Args:
            tied: Whether the base's output layer is its embedding.

        Raises:
            BundleError: Naming what cannot be an adapter, and why.
        """
        self.refuse_as_adapter(tied=tied)
        return {name: update for name, update in self.updates.items() if isinstance(update, Plain)}

    def refuse_as_adapter(self, *, tied: bool, svd: int | None = None) -> None:
        """Refuse what has no form as plain A and B.

        Args:
            svd: The rank that updates of full rank are to be cut to; None: they are not.

        Raises:
            BundleError: Naming what cannot be an adapter, and why.
        """
        problems = []
        for name, update in self.updates.items():
            reason = _why_not_plain(name, update, tied=tied)
            if reason and not (svd is not None and isinstance(update, Dora | Hira)):
                problems.append(f"  {name}: {reason}")
        if problems:
            listed = "\n".join(problems[:8] + ["  ..."] * (len(problems) > 8))
            lossy = any(isinstance(update, Dora | Hira) for update in self.updates.values()) and svd is None
            raise BundleError(
                f"this {self.method} adapter has no form as plain A and B:\n{listed}\nMerge it instead"
                + (", or cut it to a rank with --svd RANK and read the KL that costs." if lossy else ".")
            )

    @property
    def is_plain(self) -> bool:
        """Whether all of it is plain A and B."""
        return all(isinstance(update, Plain) for update in self.updates.values())

    def truncated(self, rank: int) -> "Adapter":
        """The adapter of a lower rank out of one whose ranks are sorted by importance (QDyLoRA, arXiv 2402.10462).

        The training of rank b scales by alpha / b, and B holds alpha / r: B' = B[:, :b] r / b.

        Raises:
            BundleError: If it is not plain, or has no such rank.
        """
        updates: dict[str, Update] = {}
        for name, update in self.updates.items():
            full = update.a.shape[0] if isinstance(update, Plain) else 0
            if not isinstance(update, Plain) or not 1 <= rank <= full:
                raise BundleError(f"--rank {rank}: {name} has {full or 'no'} ranks. Choose one from 1 to {full or 1}.")
            updates[name] = Plain(update.a[:rank], update.b[:, :rank] * (full / rank))
        return Adapter(self.method, updates)

    def at_strength(self, strength: float) -> "Adapter":
        """W + s dW in place of W + dW, whatever the update is: LoRA's alpha times s (arXiv 2106.09685, section 4.1)."""
        return Adapter(self.method, {name: _at_strength(update, strength) for name, update in self.updates.items()})


def _at_strength(update: Update, strength: float) -> Update:
    if isinstance(update, Plain | Embedding):
        return replace(update, b=update.b * strength)
    return Soup(((strength, update),))


def read_adapter(folder: Path, shapes: Mapping[str, Sequence[int]]) -> Adapter:
    """An adapter folder of PEFT, or one that finetune folded.

    Args:
        shapes: Of the base's tensors, by name.

    Raises:
        BundleError: If it is incomplete, holds NaN, is a pickle, fits another base, or is of a method not known here.
    """
    if not (folder / WEIGHTS).is_file() and (folder / "adapter_model.bin").exists():
        raise BundleError(
            f"{folder}: adapter_model.bin is a pickle, which can run any code and is never opened. "
            "Save the adapter as safetensors: model.save_pretrained(..., safe_serialization=True)."
        )
    config = read_json(folder / CONFIG)
    try:
        tensors = load_file(folder / WEIGHTS)
    except FileNotFoundError:
        raise BundleError(
            f"{folder}: there is no {WEIGHTS} in it: the run did not finish, or name its adapter."
        ) from None
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{folder / WEIGHTS}: not a whole safetensors file: {error}. Copy the run again.") from None
    tensors = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    broken = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        raise BundleError(
            f"{folder}: {broken[0]} holds NaN or infinity ({len(broken)} of {len(tensors)} tensors do): the training "
            "diverged. Take an earlier checkpoint, or train with a lower learning rate."
        )
    kind = str(config.get("peft_type", "")).upper()
    readers = {"LORA": _lora, "ADALORA": _adalora, "MISS": _miss, "HIRA": _hira}
    if kind not in readers:
        raise BundleError(
            f"{folder}: {CONFIG} says peft_type {kind or 'nothing'}; known are {', '.join(readers)}. Merge it "
            "with PEFT, save the merged model and export that as a base."
        )
    try:
        updates = readers[kind](_Parts(tensors, shapes), config)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError, re.error) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else f"holds what PEFT would not write: {error}"
        raise BundleError(f"{folder / CONFIG}: {what}. Copy the run again.") from None
    if not updates:
        raise BundleError(f"{folder}: the adapter changes nothing: there is no A and B in {WEIGHTS}.")
    _check_shapes(folder, updates, shapes)
    method = "DoRA" if config.get("use_dora") else kind
    return Adapter(method, updates)


def write_plain(plain: Mapping[str, Plain], folder: Path) -> None:
    """Write plain A and B as a PEFT adapter of one rank, padded with zeros, whose alpha is that rank."""
    rank = max(update.a.shape[0] for update in plain.values())
    tensors = {}
    for name, update in sorted(plain.items()):
        module = name.removesuffix(".weight")
        a, b = (torch.zeros(rank, update.a.shape[1]), torch.zeros(update.b.shape[0], rank))
        a[: update.a.shape[0]], b[:, : update.b.shape[1]] = update.a, update.b
        tensors[f"{_PREFIX}{module}.lora_A.weight"] = a
        tensors[f"{_PREFIX}{module}.lora_B.weight"] = b
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": None,
        "r": rank,
        "lora_alpha": rank,
        "inference_mode": True,
        "target_modules": sorted(name.removesuffix(".weight") for name in plain),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


class _Parts:
    """The tensors of an adapter, by module and part; what nobody takes is an error."""

    def __init__(self, tensors: dict[str, Tensor], shapes: Mapping[str, Sequence[int]]) -> None:
        # PEFT saves a copy of an embedding or lm_head beside its A and B; with new tokens it is a larger one.
        mark = ".base_layer.weight"
        copies = {name.replace(mark, ".weight"): tensor for name, tensor in tensors.items() if name.endswith(mark)}
        for name, tensor in copies.items():
            if tuple(tensor.shape) != tuple(shapes.get(name, ())):
                raise BundleError(
                    f"{WEIGHTS}: {name} has {tuple(tensor.shape)}, the base {tuple(shapes.get(name, ()))}: the run "
                    "added tokens or is of another base. Merge with PEFT, and export the merged model as a base."
                )
        self._left = {name: tensor for name, tensor in tensors.items() if not name.endswith(mark)}
        self._shapes = shapes

    def width(self, module: str) -> int:
        """The number of columns of a module's weight.

        Raises:
            BundleError: If the base has no such module.
        """
        try:
            return self._shapes[f"{module}.weight"][1]
        except LookupError:
            raise BundleError(
                f"{WEIGHTS}: changes {module}, which the base does not have: it is of another base."
            ) from None

    def modules(self, part: str) -> list[str]:
        """The modules that have this part."""
        return sorted(name.removesuffix(f".{part}") for name in self._left if name.endswith(f".{part}"))

    def take(self, module: str, part: str) -> Tensor:
        """One tensor in float32.

        Raises:
            BundleError: If it is missing.
        """
        try:
            return self._left.pop(f"{module}.{part}").float()
        except KeyError:
            raise BundleError(f"{WEIGHTS}: {module} has no {part}. The adapter is incomplete.") from None

    def rest(self) -> dict[str, Update]:
        """What is left are whole weights (``modules_to_save``)."""
        found: dict[str, Update] = {}
        for name, tensor in self._left.items():
            if any(mark in name for mark in ("lora_", "miss_", "hira_", "ranknum")):
                raise BundleError(f"{WEIGHTS}: {name} is of a kind that is not known here. Merge with PEFT instead.")
            found[name.replace(".modules_to_save", "")] = Replaced(tensor.float())
        self._left = {}
        return found


def _lora(parts: _Parts, config: dict[str, Any]) -> dict[str, Update]:
    updates: dict[str, Update] = {}
    if config.get("bias", "none") != "none":
        raise BundleError(f"{CONFIG}: bias = {config['bias']!r}: trained biases are not supported. Merge with PEFT.")
    for module in parts.modules("lora_A.weight"):
        a, b = parts.take(module, "lora_A.weight"), parts.take(module, "lora_B.weight")
        plain = Plain(a, b * _lora_scale(module, config))
        name = f"{module}.weight"
        if config.get("use_dora"):
            part = "lora_magnitude_vector"
            part = part if module in parts.modules(part) else f"{part}.weight"
            updates[name] = Dora(plain, parts.take(module, part).flatten())
        else:
            updates[name] = plain
    for module in parts.modules("lora_embedding_A"):
        a, b = parts.take(module, "lora_embedding_A"), parts.take(module, "lora_embedding_B")
        updates[f"{module}.weight"] = Embedding(a, b * _lora_scale(module, config))
    return updates | parts.rest()


def _lora_scale(module: str, config: dict[str, Any]) -> float:
    """Alpha / r, or alpha / sqrt(r) for rsLoRA, after PEFT's patterns (peft/utils/other.py: get_pattern_key)."""

    def pattern(name: str, default: float) -> float:
        for key, value in (config.get(name) or {}).items():
            if re.match(rf"(.*\.)?({key})$", module):
                return float(value)
        return default

    rank, alpha = pattern("rank_pattern", config["r"]), pattern("alpha_pattern", config["lora_alpha"])
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def _adalora(parts: _Parts, config: dict[str, Any]) -> dict[str, Update]:
    """W + B diag(E) A, scaled by alpha / (initial rank + 1e-5) (peft/tuners/adalora/layer.py)."""
    updates: dict[str, Update] = {}
    alpha = float(config["lora_alpha"])
    scale = (alpha if alpha > 0 else float(config["init_r"])) / (float(config["init_r"]) + 1e-5)
    for module in parts.modules("lora_A"):
        a, b, e = (parts.take(module, f"lora_{part}") for part in "ABE")
        updates[f"{module}.weight"] = Plain(a * e, b * scale)
    return updates | parts.rest()


def _miss(parts: _Parts, config: dict[str, Any]) -> dict[str, Update]:
    """D ``(r, out)`` is added to each group of r columns: A'[i, j] = 1 where j mod r = i, B' = D^T."""
    updates: dict[str, Update] = {}
    if config.get("init_weights") in ("bat", "mini"):
        raise BundleError(f"{CONFIG}: MiSS in its form {config['init_weights']!r} is not supported. Merge with PEFT.")
    for module in parts.modules("miss_block"):
        block = parts.take(module, "miss_block")
        rank = block.shape[0]
        a = (torch.arange(parts.width(module)) % rank == torch.arange(rank)[:, None]).float()
        updates[f"{module}.weight"] = Plain(a, block.T.contiguous())
    return updates | parts.rest()


def _hira(parts: _Parts, config: dict[str, Any]) -> dict[str, Update]:
    del config
    updates: dict[str, Update] = {}
    for module in parts.modules("hira_A"):
        updates[f"{module}.weight"] = Hira(Plain(parts.take(module, "hira_A"), parts.take(module, "hira_B")))
    return updates | parts.rest()


def _check_shapes(folder: Path, updates: Mapping[str, Update], shapes: Mapping[str, Sequence[int]]) -> None:
    problems = []
    for name, update in updates.items():
        shape = shapes.get(name)
        wanted = _shape(update)
        if shape is None:
            problems.append(f"  {name}: the base has no such tensor")
        elif tuple(shape) != wanted:
            problems.append(f"  {name}: the base has {tuple(shape)}, the adapter is for {wanted}")
    if problems:
        listed = "\n".join(problems[:8] + ["  ..."] * (len(problems) > 8))
        raise BundleError(f"{folder}: this adapter was trained on another base:\n{listed}\nName its own with --base.")


def _shape(update: Update) -> tuple[int, ...]:
    match update:
        case Plain(a, b):
            return b.shape[0], a.shape[1]
        case Embedding(a, b):
            return a.shape[1], b.shape[0]
        case Dora(plain, _) | Hira(plain):
            return _shape(plain)
        case Replaced(weight):
            return tuple(weight.shape)
        case Soup(parts):
            return next(_shape(part) for _, part in parts if part is not None)


def _why_not_plain(name: str, update: Update, *, tied: bool) -> str | None:
    match update:
        case Dora():
            return "DoRA scales whole rows: a change of full rank"
        case Hira():
            return "HiRA multiplies the weights: a change of full rank"
        case Soup():
            return "an average of merged models"
        case Replaced():
            return "a whole weight was trained (modules_to_save)"
        case Embedding():
            return "embeddings are looked up, and an adapter on them is not exported"
        case Plain() if tied and name == "lm_head.weight":
            return "the base ties lm_head to its embeddings: an adapter would change both"
        case _:
            return None
