"""A linear layer held in 4 bits, with the optional shift of IR-QLoRA's information calibration (ICQ).

NF4 (QLoRA, arXiv 2305.14314): each block of 64 weights is divided by its absolute maximum and rounded to
the nearest of 16 values that are equally likely under a normal distribution. ICQ (IR-QLoRA, arXiv 2402.05445, eq. 8 to
10) quantises W - tau instead and adds tau back, where tau = median + f absmax is the shift of the block, on a grid of
f, whose 16 codes have the largest entropy.

Blocks run over the weight as it lies in memory. The last block is padded, so any shape will do.
"""

import math
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

BLOCK = 64
# tau is stored in 8 bits relative to the largest tau of this many blocks (the paper's second block size).
TAU_GROUP = 256
# The grid (section 3.2.2): 2 * 51 + 1 values of f within +-0.1 sigma, sigma = 1 / Phi^-1(0.9677083), as in the public
# code. The text of the paper has 2 * 100 values and sigma = 1.
TAU_STEPS = 51
TAU_RANGE = 0.1 / math.sqrt(2) / float(torch.erfinv(torch.tensor(2 * 0.9677083 - 1, dtype=torch.float64)))

# bitsandbytes' NF4 values (csrc/kernels.cu, create_normal_map).
NF4 = torch.tensor(
    [
        -1.0,
        -0.6961928009986877,
        -0.5250730514526367,
        -0.39491748809814453,
        -0.28444138169288635,
        -0.18477343022823334,
        -0.09105003625154495,
        0.0,
        0.07958029955625534,
        0.16093020141124725,
        0.24611230194568634,
        0.33791524171829224,
        0.44070982933044434,
        0.5626170039176941,
        0.7229568362236023,
        1.0,
    ]
)
_EDGES = (NF4[1:] + NF4[:-1]) / 2


class Quantised(NamedTuple):
    """A weight in 4 bits.

    Args:
        packed: Two codes a byte, the first in the high half, as bitsandbytes packs them; ``(blocks * 32,)``, uint8.
        absmax: Per block, float32.
        tau: Shift of each block in 8 bits, ``(blocks,)``; None without ICQ.
        tau_max: Largest shift of each group of ``TAU_GROUP`` blocks, float32.
    """

    packed: Tensor
    absmax: Tensor
    tau: Tensor | None
    tau_max: Tensor | None


def quantise(weight: Tensor, *, calibrate: bool = False) -> Quantised:
    """Round a weight to NF4, with ICQ's shifts where ``calibrate``."""
    blocks = _blocks(weight)
    if not calibrate:
        codes, absmax = _round(blocks)
        return Quantised(_pack(codes), absmax, None, None)
    tau, tau_max = _store(best_shift(blocks))
    codes, absmax = _round(blocks - _load(tau, tau_max)[:, None])
    return Quantised(_pack(codes), absmax, tau, tau_max)


def dequantise(quantised: Quantised, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    """The weight that ``quantised`` stands for."""
    packed = quantised.packed
    size = math.prod(shape)
    op = cast(Any, torch.ops).bitsandbytes.dequantize_4bit
    flat = op(packed[:, None], quantised.absmax, BLOCK, "nf4", (packed.numel() * 2,), dtype).view(-1)
    if quantised.tau is not None and quantised.tau_max is not None:
        flat = (flat.view(-1, BLOCK) + _load(quantised.tau, quantised.tau_max)[:, None].to(dtype)).view(-1)
    return cast(Tensor, flat[:size].view(shape))


def best_shift(blocks: Tensor) -> Tensor:
    """The shift of each block, ``(blocks,)``, whose codes have the largest entropy (eq. 9); ties: the first."""
    median = blocks.median(dim=1).values
    spread = (blocks - median[:, None]).abs().amax(dim=1)
    best = torch.full_like(median, -1.0)
    shift = median.clone()
    for factor in torch.linspace(-TAU_RANGE, TAU_RANGE, 2 * TAU_STEPS + 1).tolist():
        tried = median + factor * spread
        found = entropy(_round(blocks - tried[:, None])[0])
        better = found > best
        shift = torch.where(better, tried, shift)
        best = torch.where(better, found, best)
    return shift


def entropy(codes: Tensor) -> Tensor:
    """Entropy in bits of the codes of each block, ``(blocks, 64)`` to ``(blocks,)``."""
    counts = torch.zeros(len(codes), 16, device=codes.device)
    counts.scatter_add_(1, codes.long(), torch.ones_like(codes, dtype=torch.float32))
    share = counts / codes.shape[1]
    return -(share * torch.log2(share.clamp_min(1e-12))).sum(dim=1)


def _blocks(weight: Tensor) -> Tensor:
    """The weight in rows of 64, the last padded with its own last value, which leaves its range as it is."""
    flat = weight.detach().float().reshape(-1)
    missing = -flat.numel() % BLOCK
    return torch.cat([flat, flat[-1:].expand(missing)]).view(-1, BLOCK)


def _round(blocks: Tensor) -> tuple[Tensor, Tensor]:
    absmax = blocks.abs().amax(dim=1)
    scaled = blocks / absmax.clamp_min(1e-30)[:, None]
    return torch.bucketize(scaled, _EDGES.to(blocks.device)).to(torch.uint8), absmax


def _pack(codes: Tensor) -> Tensor:
    flat = codes.view(-1)
    return (flat[::2] << 4) | flat[1::2]


def _store(shift: Tensor) -> tuple[Tensor, Tensor]:
    """The shifts in 8 bits, with one float for each group; the last group may be short."""
    missing = -shift.numel() % TAU_GROUP
    groups = torch.cat([shift, shift.new_zeros(missing)]).view(-1, TAU_GROUP)
    largest = groups.abs().amax(dim=1)
    codes = torch.round(groups / largest.clamp_min(1e-30)[:, None] * 127).to(torch.int8)
    return codes.view(-1)[: shift.numel()].clone(), largest


def _load(codes: Tensor, largest: Tensor) -> Tensor:
    return codes.float() / 127 * largest.repeat_interleave(TAU_GROUP)[: codes.numel()]


class _Apply(torch.autograd.Function):
    """x W^T for a frozen W that is dequantised again for the backward pass instead of being kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: "QuantisedLinear") -> Tensor:
        ctx.layer = layer
        return x @ layer.dequantise(x.dtype).T

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        return gradient @ ctx.layer.dequantise(gradient.dtype), None


class QuantisedLinear(nn.Module):
    """A frozen linear layer whose weight is in NF4, made from a float one."""

    packed: Tensor
    absmax: Tensor
    tau: Tensor | None
    tau_max: Tensor | None

    def __init__(self, linear: nn.Linear, *, calibrate: bool = False) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        quantised = quantise(linear.weight, calibrate=calibrate)
        for name, tensor in quantised._asdict().items():
            self.register_buffer(name, tensor)

    def dequantise(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The weight, ``(out, in)``."""
        quantised = Quantised(self.packed, self.absmax, self.tau, self.tau_max)
        return dequantise(quantised, (self.out_features, self.in_features), dtype)

    def forward(self, x: Tensor) -> Tensor:
        """W x + bias."""
        result = cast(Tensor, cast(Any, _Apply).apply(x, self))
        return result if self.bias is None else result + self.bias
