"""Plain adapters: written to a file, put into a base, compared with the model they came from."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import save_file
from torch import Tensor, nn

from finetune.methods.base import Batch, Fold, layers, switched_off
from finetune.methods.loftq import cut

_PREFIX = "base_model.model."
# Logits that are compared at once: 100 MB in float32 with a vocabulary of 49,152.
POSITIONS = 512


def same_rank(fold: Fold) -> Fold:
    """The fold with every module padded by zeros to the largest rank.

    One rank for all means one alpha for all, and alpha == r: a converter that writes a single ``lora_alpha`` and a
    runtime that scales by alpha / r then agree, which they do not where ranks differ.
    """
    largest = max([1, *(a.shape[0] for a, _ in fold.values())])
    return {name: (_pad(a, largest, 0), _pad(b, largest, 1)) for name, (a, b) in fold.items()}


def save(fold: Fold, folder: Path, *, base: str) -> None:
    """Write ``adapter_model.safetensors`` and ``adapter_config.json`` as PEFT reads them, alpha equal to r.

    Args:
        base: Name or path of the base, for the reader's information.
    """
    fold = same_rank(fold)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, (a, b) in fold.items():
        tensors[f"{_PREFIX}{name}.lora_A.weight"] = a.contiguous()
        tensors[f"{_PREFIX}{name}.lora_B.weight"] = b.contiguous()
    rank = next(iter(fold.values()))[0].shape[0]
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "use_rslora": False,
        "use_dora": False,
        "inference_mode": True,
        "target_modules": sorted(fold),
    }
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


@torch.no_grad()
def merge(model: nn.Module, updates: Mapping[str, Tensor]) -> None:
    """Add each update to the weight of its module, in place; for models small enough to hold whole."""
    modules = dict(model.named_modules())
    for name, update in updates.items():
        weight = modules[name].weight
        assert isinstance(weight, Tensor)
        weight.copy_((weight.float() + update.to(weight.device)).to(weight.dtype))


def lossy(updates: Mapping[str, Tensor], rank: int) -> Fold:
    """The best plain adapter of a rank for updates of full rank: a cut SVD, approximate. Report its KL."""
    folded = {}
    for name, update in updates.items():
        b, a = cut(update, rank)
        folded[name] = (a, b)
    return folded


@contextmanager
def in_place_of_adapter(model: PeftModel, fold: Fold) -> Iterator[None]:
    """Within it, the model computes with the fold instead of its adapter, whatever its base is held in."""

    def add(a: Tensor, b: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            # Where the layer computed: the weights of an offloaded one lie elsewhere until it is called.
            nonlocal a, b
            a, b = a.to(output.device), b.to(output.device)
            return output + (inputs[0].to(a) @ a.T @ b.T).to(output.dtype)

        return hook

    handles = [layer.register_forward_hook(add(*fold[name])) for name, layer in layers(model) if name in fold]
    try:
        with switched_off(model):
            yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def logits(model: nn.Module, batches: Iterable[Batch]) -> list[Tensor]:
    """The logits of every position that is not padding, one ``(tokens, vocabulary)`` a batch, float32 on the CPU."""
    training = model.training
    model.eval()
    found = [_of_tokens(model, batch).float().cpu() for batch in batches]
    model.train(training)
    return found


def _of_tokens(model: nn.Module, batch: Batch) -> Tensor:
    """The logits of every position that is not padding, ``(tokens, vocabulary)``."""
    mask = batch["attention_mask"]
    output: Tensor = model(input_ids=batch["input_ids"], attention_mask=mask).logits
    return output[mask.bool()]


@torch.no_grad()
def distance(
    model: nn.Module, batches: Iterable[Batch], folded: Callable[[], AbstractContextManager[None]]
) -> dict[str, float]:
    """How far the model is from itself within ``folded()``: largest difference of a logit, and KL in nats a token.

    Computed where the logits are, one batch after the other and in float32 a few positions at a time: those of a few
    batches are gigabytes, and moving and comparing them on the CPU took longer than all else around a short training.
    """
    training = model.training
    model.eval()
    largest, total, count = 0.0, 0.0, 0
    for batch in batches:
        true = _of_tokens(model, batch)
        with folded():
            other = _of_tokens(model, batch)
        for one, two in zip(torch.split(true, POSITIONS), torch.split(other, POSITIONS), strict=True):
            largest = max(largest, float((one.float() - two.float()).abs().max()))
            total += float(_summed_kl(one.float(), two.float()))
        count += len(true)
    model.train(training)
    return {"max_logit_difference": largest, "kl_nats": total / max(1, count)}


def mean_kl(true: Sequence[Tensor], approximate: Sequence[Tensor]) -> float:
    """KL(true || approximate) in nats a token, averaged over all positions."""
    total, count = 0.0, 0
    for one, other in zip(true, approximate, strict=True):
        total += float(_summed_kl(one, other))
        count += len(one)
    return total / max(1, count)


def _summed_kl(true: Tensor, other: Tensor) -> Tensor:
    p, q = true.log_softmax(-1), other.log_softmax(-1)
    return (p.exp() * (p - q)).sum()


def _pad(tensor: Tensor, size: int, dim: int) -> Tensor:
    shape = list(tensor.shape)
    shape[dim] = size - shape[dim]
    return torch.cat([tensor, tensor.new_zeros(shape)], dim=dim)
