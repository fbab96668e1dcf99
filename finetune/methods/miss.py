"""MiSS (arXiv 2409.15371): h = W x + D^T s, where s sums the blocks of r successive elements of x.

D is ``(r, out)``. Since s_i is the sum of the x_j with j mod r = i, this is plain LoRA with an A of zeros and ones.
"""

from typing import Any, cast

import torch
from peft import MissConfig, PeftModel
from torch import nn

from finetune.methods.base import ADAPTER, Fold, Implementation, layers, plain, wrap
from finetune.methods.registry import Settings


class Miss(Implementation):
    """PEFT's MiSS in its balanced form. It has no alpha."""

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """MiSS on the targets."""
        config = MissConfig(
            r=settings.rank,
            miss_dropout=settings.dropout,
            target_modules=list(settings.targets),
            task_type=cast(Any, "CAUSAL_LM"),
        )
        return wrap(model, config)

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """A'[i, j] = 1 where j mod r = i; B' = D^T."""
        del task
        folded = {}
        for name, layer in layers(model):
            block = layer.miss_block[ADAPTER]
            rank = block.shape[0]
            a = (torch.arange(layer.in_features) % rank == torch.arange(rank)[:, None]).float()
            folded[name] = (a, plain(block.T))
        return folded


METHODS = {"miss": Miss}
