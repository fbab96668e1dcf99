"""All that a training computes with, built in the order that makes it repeatable."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from finetune import parallel
from finetune.backends import base as backends
from finetune.backends import peft_backend as backend
from finetune.data import Dataset
from finetune.methods.base import Implementation
from finetune.packing import Plan, endless_batches, epoch_batches
from finetune.recipe import Recipe
from finetune.training.gpu_room import check_room
from finetune.training.schedule import batch_order, total_steps

# Batches that EVA starts from and that the fold is measured on.
SAMPLE_BATCHES = 4


@dataclass
class Setup:
    """One training in one process, ready for its first step.

    Args:
        pad: The token that fills rows up.
        ratios: Of each group of the optimiser, its rate to the recipe's: LoRA+ gives its groups different ones.
        samples: A few of the training batches, of the tasks in ``sample_tasks``.
        validation: Batches of what is held out.
        replay_validation: Batches of what is held out of the replay.
    """

    recipe: Recipe
    dataset: Dataset
    tokenizer: Any
    pad: int
    steps: int
    device: torch.device
    backend: backends.Backend
    model: Any
    method: Implementation
    optimizer: torch.optim.Optimizer
    ratios: list[float]
    samples: list[dict[str, torch.Tensor]]
    sample_tasks: list[str]
    validation: Sequence[Plan]
    replay_validation: Sequence[Plan]

    @property
    def folder(self) -> Path:
        """The run's."""
        return self.recipe.run.folder

    def plain_samples(self) -> list[dict[str, torch.Tensor]]:
        """The sample batches without labels and positions."""
        return _plain(self.samples)


def set_up(recipe: Recipe, dataset: Dataset, tokenizer: Any) -> Setup:
    """Load the base, put the adapter in and make the optimiser.

    Raises:
        TrainingError: When the GPU is too small, the base cannot be read, or the method cannot run on it.
    """
    torch.manual_seed(recipe.train.seed)
    parallel.join(recipe.train.accumulate)
    device, pad, order = backend.device_of(), int(tokenizer.pad_token_id), batch_order(recipe)
    computing = backends.of(recipe)
    check_room(recipe, computing.name)
    steps = total_steps(recipe, dataset)
    model, method, settings = computing.load(recipe, dataset.tasks, steps)
    model.train()
    first = list(itertools.islice(endless_batches(dataset.train, **order), SAMPLE_BATCHES))
    samples = [backend.collate(plan, pad, device) for plan in first]
    method.prepare(model, _plain(samples))
    parallel.start_equal(model)
    optimizer = backend.optimizer_of(recipe, model, method, settings)
    return Setup(
        recipe=recipe,
        dataset=dataset,
        tokenizer=tokenizer,
        pad=pad,
        steps=steps,
        device=device,
        backend=computing,
        model=model,
        method=method,
        optimizer=optimizer,
        ratios=[group["lr"] / recipe.train.lr for group in optimizer.param_groups],
        samples=samples,
        sample_tasks=[plan.task for plan in first],
        validation=epoch_batches(dataset.validation, epoch=0, **order),
        replay_validation=epoch_batches(dataset.replay_validation, epoch=0, **order),
    )


def _plain(samples: list[dict[str, torch.Tensor]]) -> list[dict[str, torch.Tensor]]:
    return [{name: batch[name] for name in ("input_ids", "attention_mask")} for batch in samples]
