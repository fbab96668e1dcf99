"""The backend for plain LoRA on a GPU: Unsloth's model and kernels, driven by our own loop.

Unsloth 2026.10.9 computes the loss itself from ``labels`` (its logits are empty then), takes the boundaries of packed
samples as ``packed_seq_lengths`` for a single row, and would replace known names by downloads of its own. Everything
comes from a local folder.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from finetune.backends.peft_backend import DTYPES, IGNORED, load_of, model_facts
from finetune.errors import TrainingError
from finetune.methods.base import ADAPTER, Fold, Implementation, layers
from finetune.methods.registry import Settings
from finetune.offline import go_offline
from finetune.recipe import Recipe


class UnslothBackend:
    """Unsloth's fused kernels and offloaded checkpoints; the embedding is looked up on the host."""

    name: Literal["unsloth"] = "unsloth"

    def load(self, recipe: Recipe, tasks: tuple[str, ...], steps: int) -> tuple[Any, Implementation, Settings]:
        """Unsloth's ``from_pretrained`` and ``get_peft_model``.

        Raises:
            TrainingError: When Unsloth refuses the base.
        """
        del tasks
        go_offline(hub=recipe.base.hub)
        fast = cast(Any, __import__("unsloth")).FastLanguageModel
        load, method = load_of(recipe), recipe.method
        try:
            model, _ = fast.from_pretrained(
                model_name=str(recipe.base.model),
                max_seq_length=recipe.data.max_tokens,
                dtype=DTYPES.get(load, torch.bfloat16),
                load_in_4bit=load == "nf4",
                load_in_16bit=load != "nf4",
                use_exact_model_name=True,
                use_gradient_checkpointing="unsloth" if recipe.train.checkpointing else False,
                # A tied table is the head too, and the head is needed whole.
                offload_embedding=not tied(recipe),
            )
            adapted = fast.get_peft_model(
                model,
                r=method.rank,
                target_modules=list(method.targets),
                lora_alpha=method.alpha,
                lora_dropout=0,
                bias="none",
                use_gradient_checkpointing="unsloth" if recipe.train.checkpointing else False,
                random_state=recipe.train.seed,
                use_rslora=recipe.row.name == "rslora",
            )
        except (OSError, ValueError, RuntimeError, NotImplementedError) as error:
            if isinstance(error, torch.cuda.OutOfMemoryError):
                raise
            raise TrainingError(
                f"{recipe.base.model}: Unsloth cannot train it: {error}\n"
                'Run the same recipe with: --set run.backend="peft"'
            ) from None
        torch.cuda.empty_cache()
        settings = Settings(
            rank=method.rank,
            alpha=method.alpha,
            targets=tuple(method.targets),
            seed=recipe.train.seed,
            total_steps=steps,
            lr_ratio=method.lr_ratio,
        )
        return adapted, recipe.row.load(), settings

    def loss(self, model: nn.Module, batch: Mapping[str, Tensor], targets: int) -> Tensor:
        """Unsloth's own loss; packed rows one at a time, which is how it takes the samples' boundaries."""
        parts = [_loss(model, inputs, targets) for inputs in inputs_of(batch)]
        return sum(parts[1:], parts[0])

    def in_place_of_adapter(self, model: Any, fold: Fold) -> AbstractContextManager[None]:
        """The fold where the adapter was."""
        return in_place_of_adapter(model, fold)

    def facts(self) -> dict[str, Any]:
        """The levers, in Unsloth's names."""
        return {"levers": ["unsloth-checkpointing", "fused-loss", "offload-embedding"]}


def tied(recipe: Recipe) -> bool:
    """Whether the base's head is its embedding."""
    return bool(model_facts(recipe).get("tie_word_embeddings"))


def inputs_of(batch: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The calls that a batch takes.

    Rows of one sample go together, without a mask: padding is on the right and unlabelled, and attention looks back.
    Rows of several samples go one at a time, each cut to its own length.
    """
    if "packed_mask" not in batch:
        yield {"input_ids": batch["input_ids"], "labels": batch["labels"]}
        return
    for row, mask in enumerate(batch["attention_mask"]):
        length = int(mask.sum())
        positions = batch["position_ids"][row, :length]
        starts = torch.nonzero(positions == 0).flatten().tolist()
        lengths = [end - start for start, end in zip(starts, [*starts[1:], length], strict=True)]
        yield {
            "input_ids": batch["input_ids"][row : row + 1, :length],
            "labels": batch["labels"][row : row + 1, :length],
            "position_ids": positions[None],
            "packed_seq_lengths": torch.tensor(lengths, dtype=torch.int32),
        }


def _loss(model: nn.Module, inputs: dict[str, Tensor], targets: int) -> Tensor:
    # Mixed precision as Unsloth's trainer runs it: the adapters are in float32, the base in 16 bits.
    dtype = next(value.dtype for value in model.parameters() if value.is_floating_point() and not value.requires_grad)
    with torch.autocast("cuda", dtype=dtype, enabled=dtype != torch.float32):
        output = model(**inputs, use_cache=False, num_items_in_batch=targets)
    if output.loss is not None:
        return cast(Tensor, output.loss)
    logits = output.logits[:, :-1].flatten(0, 1).float()
    labels = inputs["labels"][:, 1:].flatten()
    return nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum") / targets


@contextmanager
def in_place_of_adapter(model: nn.Module, fold: Fold) -> Iterator[None]:
    """Within it, the adapter's own tensors are those of the fold, with scale 1.

    Its kernels read A and B and call no hook of the layers, so the fold must stand where the adapter stands.
    """
    kept: list[tuple[Any, Tensor, Tensor, float]] = []
    try:
        for name, layer in layers(model):
            if name in fold:
                a, b = layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
                kept.append((layer, a.data, b.data, layer.scaling[ADAPTER]))
                a.data, b.data = (part.to(a.device, a.dtype) for part in fold[name])
                layer.scaling[ADAPTER] = 1.0
        yield
    finally:
        for layer, a_data, b_data, scale in kept:
            layer.lora_A[ADAPTER].weight.data, layer.lora_B[ADAPTER].weight.data = a_data, b_data
            layer.scaling[ADAPTER] = scale


BACKEND = UnslothBackend
