"""When and in what order: steps, learning rates and batches, all of them pure functions of recipe, data and step."""

import math
from typing import Any

from finetune.data import Dataset
from finetune.packing import epoch_batches
from finetune.recipe import Recipe


def batch_order(recipe: Recipe) -> dict[str, Any]:
    """What decides the batches and their order, as ``finetune.packing`` takes it."""
    return {
        "batch": recipe.train.batch,
        "max_tokens": recipe.data.max_tokens,
        "packing": recipe.data.packing,
        "seed": recipe.train.seed,
    }


def total_steps(recipe: Recipe, dataset: Dataset) -> int:
    """Optimiser steps of the whole training."""
    if recipe.train.steps:
        return recipe.train.steps
    batches = len(epoch_batches(dataset.train, epoch=0, **batch_order(recipe)))
    return max(1, math.ceil(batches * recipe.train.epochs / recipe.train.accumulate))


def rate(recipe: Recipe, step: int, steps: int) -> float:
    """Learning rate of a step, counted from 0: a straight warm-up, then the schedule down to 0."""
    train = recipe.train
    warm = round(train.warmup * steps)
    if step < warm:
        return train.lr * (step + 1) / (warm + 1)
    done = (step - warm) / max(1, steps - warm)
    shapes = {"constant": 1.0, "linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done))}
    return train.lr * shapes[train.schedule]
