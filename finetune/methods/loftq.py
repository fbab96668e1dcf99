"""LoftQ (arXiv 2310.08659, algorithm 1): choose Q, A and B so that Q + s B A is close to W from the start.

Repeat: Q = NF4(W - s B A); then B A by the SVD of W - Q, cut at rank r. PEFT's own needs CUDA; this one does not.
"""

from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, inject, layers, refuse_rank, refuse_tied_head
from finetune.methods.lora import Lora
from finetune.methods.nf4 import QuantisedLinear
from finetune.methods.registry import Settings
from finetune.methods.svd import largest

# Our choice: later rounds change little.
ROUNDS = 5


class LoftQ(Lora):
    """The base becomes NF4; the fold is right on that base."""

    def check(self, model: nn.Module, settings: Settings) -> None:
        """Whether each target has as many singular vectors as the rank asks for, and weights of its own."""
        refuse_tied_head(model, settings)
        refuse_rank(model, settings, "loftq")

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA whose base and factors come from the alternation."""
        self.check(model, settings)
        injected = inject(model, settings)
        for _, layer in layers(injected):
            self._start(layer)
        return injected

    def _start(self, layer: Any) -> None:
        linear = cast(nn.Linear, layer.base_layer)
        weight = linear.weight.detach().float().clone()
        rank, scale = layer.r[ADAPTER], layer.scaling[ADAPTER]
        update = torch.zeros_like(weight)
        for _ in range(ROUNDS):
            with torch.no_grad():
                linear.weight.copy_(weight - update)
            quantised = QuantisedLinear(linear)
            b, a = cut(weight - quantised.dequantise(), rank)
            update = b @ a
        layer.base_layer = quantised
        layer.lora_A[ADAPTER].weight.data.copy_(a)
        layer.lora_B[ADAPTER].weight.data.copy_(b / scale)


def cut(matrix: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """The best factors B ``(out, r)`` and A ``(r, in)`` of a matrix, the singular values shared by root."""
    u, s, vt = largest(matrix, rank)
    root = s.sqrt()
    return u * root, root[:, None] * vt


METHODS = {"loftq": LoftQ}
