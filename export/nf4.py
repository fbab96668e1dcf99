"""The base as a run saw it that held it in 4 bits.

Two forms. QLoRA and its like hold every linear layer but lm_head in bitsandbytes' NF4 with double quantisation; that
is done again here, tensor by tensor. LoftQ and IR-QLoRA quantise the adapted layers themselves; their run folder holds
the codes. Either way the run recorded a hash of the dequantised weights, so that nothing is merged into another base.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from edgegen.errors import BundleError, MissingExtraError
from export.checkpoint import BLOCK_VALUES, Checkpoint, TensorInfo

# File of a run folder with the parts of each adapted module: packed, absmax and, for IR-QLoRA, tau and tau_max.
STORED = "base_4bit.safetensors"
# As finetune writes them (finetune/methods/nf4.py): values a block, and blocks that share a tau_max.
_BLOCK, _TAU_GROUP = 64, 256
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
# What bitsandbytes leaves in 16 bits.
_LEFT = ("embed_tokens.weight", "lm_head.weight")


@dataclass(frozen=True)
class TrainedBase:
    """What a run says of the 4-bit base it trained on.

    Args:
        dtype: Of the weights before they were quantised and after they are dequantised.
        weights_sha256: ``FourBit.weights_sha256`` of the adapted tensors; None when the run does not say.
        stored: The codes, for methods that quantise by themselves.
    """

    dtype: str
    weights_sha256: str | None
    stored: Path | None


class FourBit(Checkpoint):
    """A checkpoint whose linear layers are read as their 4-bit form says.

    Raises:
        BundleError: If the stored codes cannot be read.
        MissingExtraError: Without bitsandbytes, which both forms are read with.
    """

    def __init__(self, base: Checkpoint, trained: TrainedBase) -> None:
        self.folder, self.config, self.tensors = base.folder, base.config, base.tensors
        self._dtype = _DTYPES.get(trained.dtype, torch.float32)
        try:
            import bitsandbytes  # noqa: F401, PLC0415 - only for 4-bit runs
        except ImportError:
            raise MissingExtraError("export", "finetune", "bitsandbytes") from None
        self._stored: dict[str, Tensor] | None = None
        if trained.stored is not None:
            try:
                self._stored = load_file(trained.stored)
            except (SafetensorError, OSError) as error:
                raise BundleError(f"{trained.stored}: cannot be read: {error}. Copy the run again.") from None

    def is_changed(self, info: TensorInfo) -> bool:
        """Whether a tensor is not as the base's files have it."""
        if self._stored is not None:
            return f"{_module(info.name)}.packed" in self._stored
        return len(info.shape) == 2 and not info.name.endswith(_LEFT)

    def rows(self, info: TensorInfo) -> Iterator[tuple[int, Tensor]]:
        """See Checkpoint; the whole tensor is held, because its blocks do not end with its rows."""
        if not self.is_changed(info):
            yield from super().rows(info)
            return
        weight = self.weight(info)
        step = max(1, BLOCK_VALUES // max(1, info.values // info.shape[0]))
        for start in range(0, info.shape[0], step):
            yield start, weight[start : start + step]

    def weight(self, info: TensorInfo) -> Tensor:
        """A changed tensor, dequantised, float32."""
        if self._stored is not None:
            return self._dequantised(_module(info.name), info.shape)
        import bitsandbytes.functional as bnb  # noqa: PLC0415

        functional: Any = bnb
        whole = torch.cat([block for _, block in super().rows(info)]).to(self._dtype)
        codes, state = functional.quantize_4bit(whole, quant_type="nf4", compress_statistics=True)
        weight: Tensor = functional.dequantize_4bit(codes, state)
        return weight.float()

    def weights_sha256(self, names: list[str]) -> str:
        """One hash over the names and dequantised float32 values of some tensors, in the order of their names."""
        digest = hashlib.sha256()
        for name in sorted(names):
            # A tied lm_head is the embedding's weights.
            info = self.tensors.get(name) or self.tensors["model.embed_tokens.weight"]
            weight = self.weight(info) if self.is_changed(info) else torch.cat([b for _, b in self.rows(info)]).float()
            digest.update(f"{name} {tuple(weight.shape)}\n".encode())
            values: Any = weight.contiguous().numpy()
            digest.update(memoryview(values).cast("B"))
        return digest.hexdigest()

    def _dequantised(self, module: str, shape: tuple[int, ...]) -> Tensor:
        assert self._stored is not None
        try:
            packed, absmax = self._stored[f"{module}.packed"], self._stored[f"{module}.absmax"]
        except KeyError as error:
            raise BundleError(f"{STORED}: has no {error}. Copy the run again.") from None
        operations: Any = torch.ops.bitsandbytes
        if packed.numel() != absmax.numel() * _BLOCK // 2 or packed.numel() * 2 < shape[0] * shape[1]:
            raise BundleError(
                f"{STORED}: {module} has {packed.numel()} bytes, too few for {shape}. Copy the run again."
            )
        flat = operations.dequantize_4bit(packed[:, None], absmax, _BLOCK, "nf4", (packed.numel() * 2,), torch.float32)
        flat = flat.view(-1, _BLOCK)
        tau = self._stored.get(f"{module}.tau")
        if tau is not None:
            largest = self._stored[f"{module}.tau_max"].repeat_interleave(_TAU_GROUP)[: tau.numel()]
            flat = flat + (tau.float() / 127 * largest)[:, None]
        weight: Tensor = flat.reshape(-1)[: shape[0] * shape[1]].view(shape)
        return weight


def as_trained(
    base: Checkpoint,
    trained: TrainedBase,
    adapted: list[str],
    run: str,
    *,
    warn: Callable[[str], object] | None = None,
) -> FourBit:
    """The base that a run trained on, compared with the hash that the run recorded.

    Args:
        adapted: Names of the tensors that its adapter changes.
        warn: Where nothing is merged into these weights: called instead of refusing when bitsandbytes rounds otherwise
            here than where the run was trained.

    Raises:
        BundleError: If the dequantised weights are not those the adapter was trained on.
    """
    found = FourBit(base, trained)
    if trained.weights_sha256 is not None:
        sha256 = found.weights_sha256(adapted)
        if sha256 != trained.weights_sha256:
            problem = (
                f"{run}: the 4-bit weights of its base hash to {sha256} here; it was trained on "
                f"{trained.weights_sha256}."
            )
            if trained.stored is not None:
                raise BundleError(f"{problem} {trained.stored} is damaged or of another run: copy the run again.")
            if warn is None:
                raise BundleError(
                    f"{problem} Another bitsandbytes or processor rounds otherwise: export where it was trained, or "
                    "merge into the 16-bit base with --merge-base 16-bit and read the KL."
                )
            warn(f"{problem} The KL to what was trained is measured against the former.")
    return found


def _module(name: str) -> str:
    return name.removesuffix(".weight")
