"""LoRA and the relatives that differ from it only in how they start, scale or step.

LoRA (arXiv 2106.09685, eq. 3): h = W x + (alpha/r) B A x. QLoRA (2305.14314) is the same on an NF4 base. rsLoRA
(2312.03732) scales by alpha/sqrt(r). EVA (2410.07170) starts A from the right singular vectors of the module's inputs.
LoRA+ (2402.12354) and LoRA-FA (2308.03303) are optimisers.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import cast

import torch
from peft import EvaConfig, LoraConfig, PeftModel, initialize_lora_eva_weights
from peft.optimizers import create_lorafa_optimizer, create_loraplus_optimizer
from torch import nn

from finetune.errors import TrainingError
from finetune.methods.base import ADAPTER, Batch, Fold, Implementation, inject, is_target, layers, plain
from finetune.methods.registry import Settings

# Of EVA: components looked at for each one kept, so that rank can move between modules.
RHO = 2.0
# Of the first batch, in which modules with the same inputs are found: 4,000 tokens took a minute and a half on a
# model of 135M. Each is hundreds of numbers, so that unlike inputs never look alike.
HASHED_TOKENS = 64


class Lora(Implementation):
    """Plain LoRA."""

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """A' = A, B' = scale B."""
        del task
        return {
            name: (plain(layer.lora_A[ADAPTER].weight), plain(layer.lora_B[ADAPTER].weight * layer.scaling[ADAPTER]))
            for name, layer in layers(model)
        }


class RsLora(Lora):
    """Scale alpha / sqrt(r)."""

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA with the other scale."""
        return inject(model, settings, use_rslora=True)


class Eva(Lora):
    """A starts from the data."""

    def check(self, model: nn.Module, settings: Settings) -> None:
        """Whether each target has as many inputs as it looks for components."""
        needed = round(settings.rank * RHO)
        linear = [m for n, m in model.named_modules() if isinstance(m, nn.Linear) and is_target(n, settings.targets)]
        narrowest = min((module.in_features for module in linear), default=needed)
        if narrowest < needed:
            raise TrainingError(
                f"method.rank = {settings.rank}: eva looks for {needed} directions, and a target has {narrowest} "
                f"inputs. Write method.rank = {int(narrowest / RHO)} or less."
            )

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA whose A waits for ``prepare``."""
        self.check(model, settings)
        with warnings.catch_warnings():  # PEFT's advice on a setting that nobody here can change
            warnings.filterwarnings("ignore", message="lora with eva initialization")
            return inject(model, settings, init_lora_weights="eva", eva_config=EvaConfig(rho=RHO))

    def prepare(self, model: PeftModel, batches: Sequence[Batch]) -> None:
        """Incremental SVD of the inputs of each module; rank moves to where it explains more variance.

        Raises:
            TrainingError: When no batch has as many tokens as it looks for components. PEFT would wait for one forever.
        """
        data = [{key: batch[key] for key in ("input_ids", "attention_mask")} for batch in batches]
        config = cast(LoraConfig, model.peft_config[ADAPTER])
        needed, longest = round(config.r * RHO), max(int(batch["attention_mask"].sum()) for batch in data)
        if longest < needed:
            raise TrainingError(
                f"method.rank = {config.r}: eva looks for {needed} directions in a batch, and the first batches have "
                f"{longest} tokens at most. Raise train.batch or lower method.rank."
            )
        # PEFT finds the modules that share their inputs by hashing those of the first batch as Python numbers.
        tokens = max(HASHED_TOKENS, round(config.r * RHO))
        data.insert(0, {key: value[:1, :tokens] for key, value in data[0].items()})
        training = model.training
        model.eval()
        initialize_lora_eva_weights(model, data, show_progress_bar=False)
        model.train(training)


class LoraPlus(Lora):
    """B learns faster than A."""

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """AdamW with ``lr`` for A and ``lr_ratio * lr`` for B."""
        return create_loraplus_optimizer(
            model, torch.optim.AdamW, lr=lr, loraplus_lr_ratio=settings.lr_ratio, loraplus_weight_decay=weight_decay
        )


class LoraFa(Lora):
    """A stays as it was drawn."""

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """PEFT's LoRA-FA, which corrects the gradient of B so that B A moves as under full fine-tuning."""
        return create_lorafa_optimizer(model, settings.rank, cast(int, settings.alpha), lr, weight_decay)


METHODS: dict[str, Callable[[], Implementation]] = {
    "lora": Lora,
    "qlora": Lora,
    "rslora": RsLora,
    "eva": Eva,
    "lora-plus": LoraPlus,
    "lora-fa": LoraFa,
}
