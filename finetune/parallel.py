"""Several GPUs: each computes its share of the batches of a step, and the adapters' gradients are added up once a step.

An adapter is small (168 MB of gradients for 8B at rank 16), so one all-reduce of all gradients in one tensor costs less
than hooks in every layer, and every rank then takes the same step from the same numbers. Data order, rates, QDyLoRA's
ranks and evaluations follow from seed and step alone, so they are equal on all ranks without a message. Only rank 0
writes files.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from finetune.errors import TrainingError
from finetune.processes import rank, world

T = TypeVar("T")


def join(accumulate: int) -> None:
    """Meet the other processes; nothing when there is one.

    Raises:
        TrainingError: When the batches of a step cannot be dealt out evenly.
    """
    if world() == 1 or distributed.is_initialized():
        return
    check(accumulate, world())
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def check(accumulate: int, gpus: int) -> None:
    """What can be known before the processes start.

    Raises:
        TrainingError: When the batches of a step cannot be dealt out evenly, or there are fewer GPUs.
    """
    if accumulate % gpus:
        raise TrainingError(
            f"train.accumulate = {accumulate}: cannot be dealt out to {gpus} GPUs. Make it a multiple of {gpus}."
        )
    if torch.cuda.is_available() and gpus > torch.cuda.device_count():
        raise TrainingError(f"--gpus {gpus}: this machine has {torch.cuda.device_count()}. Give so many or fewer.")


def share(items: Sequence[T]) -> Sequence[T]:
    """This rank's part of the batches of a step."""
    return items[rank() :: world()]


def start_equal(model: nn.Module) -> None:
    """Give every rank the adapter of rank 0."""
    if world() > 1:
        for value in model.parameters():
            if value.requires_grad:
                distributed.broadcast(value.data, 0)


def add_up(model: nn.Module, figures: Sequence[float]) -> list[float]:
    """Sum gradients and figures over the ranks, in place, in one message; the figures' sums."""
    if world() == 1:
        return list(figures)
    trained = [value for value in model.parameters() if value.requires_grad]
    for value in trained:
        if value.grad is None:
            value.grad = torch.zeros_like(value)
    gradients: list[Tensor] = [value.grad for value in trained if value.grad is not None]
    flat = torch.cat([*(grad.flatten().float() for grad in gradients), gradients[0].new_tensor(list(figures)).float()])
    distributed.all_reduce(flat)
    start = 0
    for grad in gradients:
        grad.copy_(flat[start : start + grad.numel()].view(grad.shape))
        start += grad.numel()
    sums: list[float] = flat[start:].tolist()
    return sums


def agree(flag: object) -> bool:
    """Whether any rank says so: an interrupt reaches one process first."""
    if world() == 1:
        return bool(flag)
    device = torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
    told = torch.tensor([1.0 if flag else 0.0], device=device)
    distributed.all_reduce(told)
    return bool(told.item())


def wait() -> None:
    """Until every rank is here."""
    if world() > 1:
        distributed.barrier()
