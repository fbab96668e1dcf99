"""The trained update as plain adapters, one for each task, and how far their logits are from the trained model's."""

from typing import Any

from finetune.data import file_sha256
from finetune.methods import fold as folding
from finetune.training.setup import Setup


def write_adapters(setup: Setup) -> dict[str, Any]:
    """Write them below ``adapter/``.

    Returns:
        What ``run.json`` says of the fold: file, size, hash and proof of each by task.
    """
    row = setup.recipe.row
    if row.export == "merge-only":
        return {"export": row.export, "adapters": {"": _save_unfolded(setup)}}
    setup.method.calibrate(setup.model, setup.plain_samples())
    proofs = {}
    for task in setup.dataset.tasks if row.multi_task else ("",):
        fold = setup.method.fold(setup.model, task or None)
        target = setup.folder / "adapter" / task if task else setup.folder / "adapter"
        folding.save(fold, target, base=str(setup.recipe.base.model))
        proofs[task] = {
            "folder": str(target.relative_to(setup.folder)),
            "size_bytes": (target / "adapter_model.safetensors").stat().st_size,
            "sha256": file_sha256(target / "adapter_model.safetensors"),
            **_proof(setup, task),
        }
    return {"export": row.export, "adapters": proofs}


def _save_unfolded(setup: Setup) -> dict[str, Any]:
    """The adapter in PEFT's own form, for the merge."""
    target = setup.folder / "adapter"
    setup.model.save_pretrained(target)
    weights = target / "adapter_model.safetensors"
    return {"folder": "adapter", "size_bytes": weights.stat().st_size, "sha256": file_sha256(weights)}


def _proof(setup: Setup, task: str) -> dict[str, float]:
    """Distance of the fold from the unfolded model, on batches of the task: largest logit difference and KL."""
    model, method = setup.model, setup.method
    plain = setup.plain_samples()
    batches = [b for b, t in zip(plain, setup.sample_tasks, strict=True) if t == task or not task] or plain
    method.settle(model)
    method.use_task(model, task)
    fold = method.fold_in_place(model, task or None)
    return folding.distance(model, batches, lambda: setup.backend.in_place_of_adapter(model, fold))
