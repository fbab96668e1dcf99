"""AdaLoRA (arXiv 2303.10512): W + (alpha/r) P diag(E) Q, with E pruned by importance during the training.

The budget (section 3.3 of the paper) is spent by ``update_and_allocate``, which no trainer calls by itself:
``after_step`` does. PEFT keeps the pruned E at zero; the fold leaves those rows out.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from peft import AdaLoraConfig, PeftModel
from torch import Tensor, nn

from finetune.methods.base import ADAPTER, Fold, Implementation, layers, plain, wrap
from finetune.methods.registry import Settings

# Where to start, relative to the rank it ends with: enough to choose from.
START = 1.5
# Of the steps: full rank first, the final ranks last. Between them the budget falls (cubic schedule, section 3.3).
WARM_UP, SETTLE = 0.1, 0.3
# Of PEFT's RankAllocator: importance (eq. 8), its mean and its uncertainty (eq. 9 and 10), by parameter.
TABLES = ("ipt", "exp_avg_ipt", "exp_avg_unc")


class AdaLora(Implementation):
    """PEFT's AdaLoRA."""

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """P, E and Q of 1.5 r on the targets, to end at r on average."""
        steps = settings.total_steps
        config = AdaLoraConfig(
            init_r=max(settings.rank + 1, round(START * settings.rank)),
            target_r=settings.rank,
            lora_alpha=cast(int, settings.alpha),
            lora_dropout=settings.dropout,
            target_modules=list(settings.targets),
            total_step=steps,
            tinit=int(WARM_UP * steps),
            tfinal=int(SETTLE * steps),
            deltaT=max(1, steps // 100),
            task_type=cast(Any, "CAUSAL_LM"),
        )
        return wrap(model, config)

    def penalty(self, model: PeftModel) -> Tensor | None:
        """Gamma (||P^T P - I|| + ||Q Q^T - I||), averaged over the factors (eq. 4, as PEFT weighs it)."""
        pairs = [(layer.lora_A[ADAPTER], layer.lora_B[ADAPTER]) for _, layer in layers(model)]
        grams = torch.stack([gram for a, b in pairs for gram in (a @ a.T, b.T @ b)])  # all start with the same rank
        one = torch.eye(grams.shape[-1], dtype=grams.dtype, device=grams.device)
        weight = cast(Any, model.peft_config[ADAPTER]).orth_reg_weight
        return cast(Tensor, weight * torch.linalg.norm(grams - one, dim=(1, 2)).mean())

    def after_step(self, model: PeftModel, step: int) -> None:
        """Move the budget: needs the gradients of this step."""
        cast(Any, model.base_model).update_and_allocate(step)

    def state(self, model: PeftModel) -> dict[str, Tensor]:
        """The smoothed importance of every parameter, and the pruning that was decided."""
        allocator = cast(Any, model.base_model).rankallocator
        tables = {name: getattr(allocator, name) for name in TABLES}
        tables["pruned"] = cast(Any, model.peft_config[ADAPTER]).rank_pattern or {}
        return {
            f"{name}/{key}": torch.as_tensor(v).clone() for name, table in tables.items() for key, v in table.items()
        }

    def restore(self, model: PeftModel, state: Mapping[str, Tensor]) -> None:
        """Fill the allocator's tables."""
        allocator = cast(Any, model.base_model).rankallocator
        tables: dict[str, dict[str, Any]] = {name: {} for name in (*TABLES, "pruned")}
        device = next(model.parameters()).device
        for path, tensor in state.items():
            name, _, key = path.partition("/")
            tables[name][key] = tensor.tolist() if name == "pruned" else tensor.to(device)
        for name in TABLES:
            setattr(allocator, name, tables[name])
        cast(Any, model.peft_config[ADAPTER]).rank_pattern = tables["pruned"]

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """A' = diag(E) Q, B' = P scaling / (r + 1e-5), without the pruned directions."""
        del task
        folded = {}
        for name, layer in layers(model):
            e = layer.lora_E[ADAPTER][:, 0]
            kept = e != 0
            a = (layer.lora_A[ADAPTER] * e[:, None])[kept]
            b = layer.lora_B[ADAPTER][:, kept] * layer.scaling[ADAPTER] / (layer.ranknum[ADAPTER] + 1e-5)
            folded[name] = (plain(a), plain(b))
        return folded


def total_rank(model: PeftModel) -> int:
    """How many singular values are not pruned, over all modules."""
    return sum(int((layer.lora_E[ADAPTER] != 0).sum()) for _, layer in layers(model))


METHODS = {"adalora": AdaLora}
