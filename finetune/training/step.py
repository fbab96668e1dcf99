"""One optimiser step: gradients of its batches, averaged over learned tokens whatever the batches hold."""

import math
import time
from typing import Any

import torch

from finetune import checkpoint, parallel
from finetune.backends import peft_backend as backend
from finetune.errors import TrainingError
from finetune.kl import summed_kl
from finetune.packing import Plan
from finetune.training.schedule import rate
from finetune.training.setup import Setup


def take_step(setup: Setup, step: int, plans: list[Plan]) -> dict[str, Any]:
    """Learn from the batches of a step, counted from 0.

    Returns:
        Its line of ``metrics.jsonl``.

    Raises:
        TrainingError: When loss or gradient is no finite number; nothing was changed then.
    """
    began = time.monotonic()
    recipe, model, method = setup.recipe, setup.model, setup.method
    lr = rate(recipe, step, setup.steps)
    for group, ratio in zip(setup.optimizer.param_groups, setup.ratios, strict=True):
        group["lr"] = lr * ratio
    method.before_step(model, step)
    kl_tokens = sum(plan.kl_tokens for plan in plans)
    loss, kl = _gradients(setup, plans, kl_tokens)
    _must_be_finite(setup, step, "loss", loss + kl)
    penalty = method.penalty(model)
    if penalty is not None:
        penalty.backward()  # type: ignore[no-untyped-call]
    trained = [value for value in model.parameters() if value.grad is not None]
    norm = float(torch.nn.utils.clip_grad_norm_(trained, recipe.train.clip))
    _must_be_finite(setup, step, "norm of the gradient", norm)  # or the step would spoil the next checkpoint
    setup.optimizer.step()
    method.after_step(model, step)
    setup.optimizer.zero_grad()
    seconds = time.monotonic() - began
    tokens = sum(len(sample.tokens) for plan in plans for row in plan.rows for sample in row)
    figures = {"step": step + 1, "loss": loss, "lr": lr, "grad_norm": norm, "tokens": tokens, "step_s": seconds}
    if kl_tokens:
        figures["kl"] = kl
    if penalty is not None:
        figures["penalty"] = penalty.item()
    if setup.device.type == "cuda":
        figures["peak_reserved_bytes"] = torch.cuda.max_memory_reserved()
        free, whole = torch.cuda.mem_get_info()
        figures["card_bytes"] = whole - free  # PyTorch returns nothing between steps: this is the peak so far
    return figures


def _gradients(setup: Setup, plans: list[Plan], kl_tokens: int) -> list[float]:
    """Leave the gradients of the step in the model; its loss and its KL to the base, over all processes."""
    model, method = setup.model, setup.method
    targets = max(1, sum(plan.targets for plan in plans))
    loss = kl = 0.0
    for plan in parallel.share(plans):
        method.use_task(model, plan.task)
        if learned := plan.part(kl=False):
            part = setup.backend.loss(model, backend.collate(learned, setup.pad, setup.device), targets)
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.item()
        if held := plan.part(kl=True):
            batch = backend.collate(held, setup.pad, setup.device)
            apart = summed_kl(model, method, batch) / max(1, kl_tokens)
            (setup.recipe.data.replay_kl_weight * apart).backward()  # type: ignore[no-untyped-call]
            kl += apart.item()
    return parallel.add_up(model, (loss, kl))


def _must_be_finite(setup: Setup, step: int, what: str, value: float) -> None:
    if math.isfinite(value):
        return
    recipe, folder = setup.recipe, setup.folder
    found = f"{folder}: the {what} of step {step + 1} is {value}"
    held = backend.load_of(recipe)
    wider = "" if held == "float32" else f'write base.load = "float32" (it is held in {held}), or '
    if not step:
        raise TrainingError(
            f"{found}, before anything was learned: the base itself gives no number on these data. To mend that, "
            f"{wider}copy {recipe.base.model} again."
        )
    last = checkpoint.latest(folder / "checkpoints")
    saved = (
        f"goes on from {last.name}, which is whole. If it ends so again, that step was too far already: delete {last}"
        if last
        else "begins anew, as nothing is saved yet"
    )
    raise TrainingError(
        f"{found}. In {folder / 'recipe.toml'} {wider}lower train.lr ({recipe.train.lr:g}); then edgegen finetune "
        f"resume {folder} {saved}."
    )
