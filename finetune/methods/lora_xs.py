"""LoRA-XS (arXiv 2405.17604): W + s B R A with A = S_r V_r^T and B = U_r frozen, from the SVD of W, ``(out, in)``.

The paper writes h = x W + x A R B for rows x, with A = U_r S_r and B = V_r^T from the SVD of its ``(in, out)`` W. There
as here the singular values stand between the input and R: they decide how fast each column of R learns.

Only R, ``(r, r)``, is trained: 57,344 numbers for r = 16 in Llama 3.1 8B, where LoRA trains 41,943,040.
Fold: A' = A, B' = s B R.
"""

from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, OwnLayer, OwnMethod, base_weight, parameter, refuse_rank
from finetune.methods.registry import Settings
from finetune.methods.svd import largest

# The paper's sigma: almost nothing, yet R is not zero.
START_STD = 1e-5


class XsLayer(OwnLayer):
    """Frozen singular vectors around a small square matrix."""

    def set_up(self, settings: Settings) -> None:
        """Take A and B from W and add R."""
        b, a = singular_factors(base_weight(self), settings.rank, settings.seed)
        for factor, value in ((self.factor_a, a), (self.factor_b, b)):
            factor.data.copy_(value)
            factor.requires_grad_(False)
        parameter(self, "lora_R", START_STD * torch.randn(settings.rank, settings.rank))

    def update(self, x: Tensor) -> Tensor:
        """S B R A x."""
        r = cast(Any, self).lora_R[ADAPTER]
        return cast(Tensor, self.scale * (self.dropped(x) @ self.factor_a.T @ r.T @ self.factor_b.T))

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """A, s B R."""
        del task
        return self.factor_a, self.scale * self.factor_b @ cast(Any, self).lora_R[ADAPTER]


def singular_factors(weight: Tensor, rank: int, seed: int) -> tuple[Tensor, Tensor]:
    """U_r ``(out, r)`` and S_r V_r^T ``(r, in)``."""
    u, s, vt = largest(weight, rank, seed)
    return u, s[:, None] * vt


class LoraXs(OwnMethod):
    """arXiv 2405.17604."""

    layer = XsLayer

    def check(self, model: nn.Module, settings: Settings) -> None:
        """Whether each target has as many singular vectors as the rank asks for."""
        refuse_rank(model, settings, "lora-xs")

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """Our layers on the targets."""
        self.check(model, settings)
        return super().attach(model, settings)

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """AdamW over R alone."""
        for name, value in model.named_parameters():
            value.requires_grad_("lora_R" in name)
        return super().optimizer(model, settings, lr, weight_decay)


METHODS = {"lora-xs": LoraXs}
