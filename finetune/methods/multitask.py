"""MTLoRA and MTL-LoRA: one training for several tasks, one plain adapter for each.

MTLoRA (arXiv 2403.20320): h = W x + s B A x + s B_t A_t x, a shared block (task-agnostic, in the paper's words) and one
of the task's own (task-specific). Its vision model hands the shared result on to the next layer and the task's to a
decoder; a language model has one way only, so both are added, as its public code does in the mode ``matrixv2``. Fold
for task t: A' = [A; A_t], B' = s [B, B_t].

MTL-LoRA (arXiv 2410.09437): dW_t = s sum_i softmax(w_t / tau)_i B_i L_t A with a small square L_t for each
task and several B shared by all. Fold for task t: A' = L_t A, B' = s sum_i softmax(w_t / tau)_i B_i.
"""

import math
from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor, cat, nn

from finetune.methods.base import ADAPTER, OwnLayer, OwnMethod, layers, parameter
from finetune.methods.registry import Settings

# Our choice, not tuned: a few up-projections (n), and weights a little sharper than a plain softmax (tau).
UP_PROJECTIONS = 3
TEMPERATURE = 0.5


class TaskLayer(OwnLayer):
    """A layer that knows which task the batch is of."""

    task: int


class MtLoraLayer(TaskLayer):
    """Shared and own block."""

    def set_up(self, settings: Settings) -> None:
        """Add A_t and B_t of all tasks, ``(tasks, r, in)`` and ``(tasks, out, r)``."""
        self.task = 0
        n, rank = len(settings.tasks), settings.rank
        n_out, n_in = self.widths
        a = nn.init.uniform_(torch.empty(n, rank, n_in), -1 / math.sqrt(n_in), 1 / math.sqrt(n_in))
        parameter(self, "lora_task_A", a)
        parameter(self, "lora_task_B", torch.zeros(n, n_out, rank))

    def update(self, x: Tensor) -> Tensor:
        """S (B A + B_t A_t) x."""
        x = self.dropped(x)
        own = cast(Any, self)
        a, b = own.lora_task_A[ADAPTER][self.task], own.lora_task_B[ADAPTER][self.task]
        return cast(Tensor, self.scale * (x @ self.factor_a.T @ self.factor_b.T + x @ a.T @ b.T))

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """[A; A_t], s [B, B_t]."""
        own = cast(Any, self)
        a = cat([self.factor_a, own.lora_task_A[ADAPTER][task]])
        return a, self.scale * cat([self.factor_b, own.lora_task_B[ADAPTER][task]], dim=1)


class MtlLoraLayer(TaskLayer):
    """Own square matrix and own mixture of shared up-projections."""

    def set_up(self, settings: Settings) -> None:
        """Add the further B_i ``(n - 1, out, r)``, L_t ``(tasks, r, r)`` and w_t ``(tasks, n)``."""
        self.task = 0
        n, rank = len(settings.tasks), settings.rank
        parameter(self, "lora_more_B", torch.zeros(UP_PROJECTIONS - 1, self.widths[0], rank))
        parameter(self, "lora_square", torch.eye(rank).repeat(n, 1, 1))
        # Not all equal: B_i of equal weight would get equal gradients and stay copies of one another.
        weights = torch.empty(n, UP_PROJECTIONS)
        nn.init.kaiming_uniform_(weights, a=math.sqrt(5))
        parameter(self, "lora_weights", weights)

    def update(self, x: Tensor) -> Tensor:
        """S (sum_i p_i B_i) L_t A x; the small mixed B is made first."""
        a, b = self.factors(self.task)
        return self.dropped(x) @ a.T @ b.T

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """L_t A, s sum_i p_i B_i."""
        own = cast(Any, self)
        shares = torch.softmax(own.lora_weights[ADAPTER][task].float() / TEMPERATURE, dim=-1).to(self.factor_b.dtype)
        mixed = shares[0] * self.factor_b + torch.einsum("i,ior->or", shares[1:], own.lora_more_B[ADAPTER])
        return own.lora_square[ADAPTER][task] @ self.factor_a, self.scale * mixed


class MultiTask(OwnMethod):
    """What both share: every batch is of one task."""

    def __init__(self) -> None:
        self.tasks: tuple[str, ...] = ()

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """Layers for all tasks."""
        assert settings.tasks, "the recipe names the tasks of a multi-task method"
        self.tasks = settings.tasks
        return super().attach(model, settings)

    def use_task(self, model: PeftModel, task: str) -> None:
        """Switch every layer."""
        number = self.tasks.index(task)
        for _, layer in layers(model):
            layer.task = number

    def task_number(self, task: str | None) -> int | None:
        """The index of the task, which must be named."""
        assert task is not None, "a multi-task adapter folds for one task"
        return self.tasks.index(task)


class MtLora(MultiTask):
    """arXiv 2403.20320."""

    layer = MtLoraLayer


class MtlLora(MultiTask):
    """arXiv 2410.09437."""

    layer = MtlLoraLayer


METHODS = {"mtlora": MtLora, "mtl-lora": MtlLora}
