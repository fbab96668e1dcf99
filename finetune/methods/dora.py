"""DoRA (arXiv 2402.09353, eq. 5): W' = m (W + s BA) / ||W + s BA||, row by row; m is learned. Of full rank."""

from peft import PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, Implementation, base_weight, inject, layers, plain
from finetune.methods.registry import Settings


class Dora(Implementation):
    """PEFT's DoRA."""

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA with a magnitude vector per module."""
        return inject(model, settings, use_dora=True)

    def updates(self, model: PeftModel, task: str | None = None) -> dict[str, Tensor]:
        """W' - W for each module."""
        del task
        changes = {}
        for name, layer in layers(model):
            weight = base_weight(layer)
            a, b = layer.lora_A[ADAPTER].weight.float(), layer.lora_B[ADAPTER].weight.float()
            direction = weight + layer.scaling[ADAPTER] * b @ a
            magnitude = layer.lora_magnitude_vector[ADAPTER].weight.float()
            changes[name] = plain((magnitude / direction.norm(dim=1))[:, None] * direction - weight)
        return changes


METHODS = {"dora": Dora}
