"""HiRA (ICLR 2025, openreview TwJrTz9cRS): W' = W * (1 + BA), element by element. Of full rank."""

from typing import Any, cast

from peft import HiraConfig, PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, Implementation, base_weight, layers, plain, wrap
from finetune.methods.registry import Settings


class Hira(Implementation):
    """PEFT's HiRA. It has no alpha."""

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """HiRA on the targets."""
        config = HiraConfig(
            r=settings.rank,
            hira_dropout=settings.dropout,
            target_modules=list(settings.targets),
            task_type=cast(Any, "CAUSAL_LM"),
        )
        return wrap(model, config)

    def updates(self, model: PeftModel, task: str | None = None) -> dict[str, Tensor]:
        """W * BA for each module."""
        del task
        return {
            name: plain(base_weight(layer) * (layer.hira_B[ADAPTER].float() @ layer.hira_A[ADAPTER].float()))
            for name, layer in layers(model)
        }


METHODS = {"hira": Hira}
