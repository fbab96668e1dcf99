"""What a training takes of a GPU, held against what is free on the one that is here."""

from contextlib import suppress

import torch

from finetune import memory
from finetune.backends import base as backends
from finetune.backends import peft_backend as backend
from finetune.errors import TrainingError
from finetune.recipe import Recipe


def memory_lines(recipe: Recipe, free_bytes: int | None = None) -> list[str]:
    """What the training would take of a GPU, whether there is one here or not; empty for a base of another kind.

    Args:
        free_bytes: Of the GPU it is to run on; None without one. Where that is not enough, the first line says so.
    """
    facts, name = backend.model_facts(recipe), backends.decide(recipe)[0]
    try:
        short = None if free_bytes is None else memory.too_small(recipe, facts, free_bytes, backend=name)
        return [*([short] if short else []), *memory.lines(recipe, facts, backend=name)]
    except KeyError:
        return []


def free_of_gpu() -> int | None:
    """Bytes that are free on this process's GPU, as before it had a context there; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    # The context is there once somebody asks, its kernels are not all: generous by what they will take.
    return int(torch.cuda.mem_get_info()[0]) + memory.CONTEXT_BYTES


def memory_estimate(recipe: Recipe, name: str) -> dict[str, int]:
    """For ``run.json``: what was expected before the start; empty for a base of another kind."""
    try:
        now = memory.estimate(recipe, backend.model_facts(recipe), backend=name)
    except KeyError:
        return {}
    return {"reserved_bytes": now.reserved_bytes, "card_bytes": now.nvml_bytes}


def check_room(recipe: Recipe, name: str) -> None:
    """Say before the start what would end in an out-of-memory error.

    Args:
        name: The backend's.

    Raises:
        TrainingError: When the GPU that is here is too small.
    """
    free = free_of_gpu()
    if free is None:
        return
    facts = backend.model_facts(recipe)
    with suppress(KeyError):
        problem = memory.too_small(recipe, facts, free, backend=name)
        if problem:
            raise TrainingError(f"{recipe.path}: {problem}")
