"""IR-QLoRA (arXiv 2402.05445): a base quantised for information (ICQ, see ``nf4``) and elastic connections (IEC).

IEC (eq. 12 to 15): z = A x + b1 P x and u = s (B z + b2 R z). P takes means over groups of x, R repeats elements of z,
both without parameters; b1 and b2 are one learned number each, 0 at first. Both are linear: A' = A + b1 P and
B' = s (B + b2 R) are plain LoRA.
"""

import math
from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, OwnLayer, OwnMethod, layers, parameter
from finetune.methods.nf4 import QuantisedLinear
from finetune.methods.registry import Settings


def elastic(n_out: int, n_in: int) -> Tensor:
    """The connection between vectors of two lengths, as a matrix ``(n_out, n_in)``.

    With g = gcd(n_out, n_in): the means of g groups of the input, each repeated n_out / g times. Where n_out divides
    n_in these are group means, where n_in divides n_out the input repeated (eq. 14); the gcd serves the rest (eq. 12
    and 13). The paper concatenates whole copies; like its public code this repeats each element in its place.
    """
    groups = math.gcd(n_out, n_in)
    wide = torch.arange(n_in) // (n_in // groups)
    tall = torch.arange(n_out) // (n_out // groups)
    return (tall[:, None] == wide).float() * (groups / n_in)


def connect(x: Tensor, n_out: int) -> Tensor:
    """``elastic(n_out, x.shape[-1]) @ x`` along the last axis, without the matrix."""
    groups = math.gcd(n_out, x.shape[-1])
    grouped = x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups)
    return grouped.mean(dim=-1).repeat_interleave(n_out // groups, dim=-1)


class IecLayer(OwnLayer):
    """LoRA with the elastic connections."""

    def set_up(self, settings: Settings) -> None:
        """Add b1 and b2."""
        del settings
        parameter(self, "lora_b1", torch.zeros(1))
        parameter(self, "lora_b2", torch.zeros(1))

    def update(self, x: Tensor) -> Tensor:
        """Eq. 12 and 13, one upon the other. The means are of x itself, before dropout, as in the public code."""
        own = cast(Any, self)
        z = self.dropped(x) @ self.factor_a.T + own.lora_b1[ADAPTER] * connect(x, len(self.factor_a))
        out = z @ self.factor_b.T + own.lora_b2[ADAPTER] * connect(z, len(self.factor_b))
        return cast(Tensor, self.scale * out)

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """A + b1 P, s (B + b2 R)."""
        del task
        own = cast(Any, self)
        a, b = self.factor_a, self.factor_b
        to_rank = elastic(*a.shape).to(a)
        to_out = elastic(*b.shape).to(b)
        return a + own.lora_b1[ADAPTER] * to_rank, self.scale * (b + own.lora_b2[ADAPTER] * to_out)


class IrQLora(OwnMethod):
    """The base becomes NF4 with shifts; the fold is right on that base."""

    layer = IecLayer

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """IEC layers over calibrated 4-bit ones."""
        injected = super().attach(model, settings)
        for _, layer in layers(injected):
            layer.base_layer = QuantisedLinear(layer.base_layer, calibrate=True)
        return injected


METHODS = {"ir-qlora": IrQLora}
