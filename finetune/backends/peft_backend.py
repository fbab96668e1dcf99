"""The backend that runs anywhere: transformers and PEFT, with bitsandbytes for 4-bit bases; CPU included.

Nothing is fetched unless the recipe says ``base.hub = true``, and no library may report home.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

import torch
import transformers
from peft import PeftModel
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from finetune import streamed_base
from finetune.base_files import check_whole
from finetune.continual import implementation_of
from finetune.errors import TrainingError
from finetune.lever_choice import choose
from finetune.levers import Engaged, engage, head_of
from finetune.methods import fold as folding
from finetune.methods.base import Fold, Implementation, is_target, never_repacked
from finetune.methods.registry import Settings
from finetune.methods.spectrum import select
from finetune.offline import go_offline
from finetune.packing import Plan
from finetune.recipe import Recipe
from finetune.tiled import cross_entropy

IGNORED = -100
Loss = Callable[[nn.Module, Mapping[str, Tensor], int], Tensor]
_ENGAGED: WeakKeyDictionary[nn.Module, Engaged] = WeakKeyDictionary()
_COPY_AGAIN = "Copy the checkpoint again, or make one: edgegen model to-hf FILE.gguf FOLDER"
_FETCH_AGAIN = "Is the name right, and the network there? The folder of a local copy as base.model needs neither."
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def device_of() -> torch.device:
    """This process's GPU, where there is one."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def without_cudnn_attention() -> None:
    """Keep PyTorch's attention off cuDNN's kernels, which it prefers on new GPUs where there is a mask.

    With fewer than 8 key-value heads they spoil answers without a word (pytorch issue 193893), and for some lengths
    their gradient is NaN (pytorch issue 196678). On an H200 with torch 2.11 a fifth of a thousand short questions was
    answered wrongly in padded batches that a CPU answers rightly: the same sign, if not yet shown to be the same cause.
    """
    torch.backends.cuda.enable_cudnn_sdp(enabled=False)


def load_of(recipe: Recipe) -> str:
    """How the base is held: ``base.load``, with ``auto`` decided."""
    if recipe.base.load != "auto":
        return recipe.base.load
    if recipe.row.base == "4-bit" or (torch.cuda.is_available() and recipe.row.base == "any"):
        return "nf4"
    return "bfloat16" if torch.cuda.is_available() else "float32"


def load_tokenizer(recipe: Recipe) -> Any:
    """The base's tokenizer, with the recipe's chat template where it names one.

    Raises:
        TrainingError: When it or the template cannot be read.
    """
    tokenizer = _read_tokenizer(recipe)
    if tokenizer.eos_token_id is None:
        raise TrainingError(f"{recipe.base.model}: its tokenizer names no eos_token, so no answer would ever end.")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def save_tokenizer(recipe: Recipe, folder: Path) -> None:
    """Write the base's tokenizer with the recipe's chat template, from which an export takes both."""
    _read_tokenizer(recipe).save_pretrained(str(folder))


def _read_tokenizer(recipe: Recipe) -> Any:
    go_offline(hub=recipe.base.hub)
    base = recipe.base.model
    if base.is_dir() and not (base / "tokenizer.json").is_file():
        raise TrainingError(f"{base}: has no tokenizer.json, which the loss mask needs. {_COPY_AGAIN}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=not recipe.base.hub)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # of files that are not what they say
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise TrainingError(f"{base}: the tokenizer cannot be read: {said}. {_remedy(recipe)}") from None
    if not tokenizer.is_fast:
        raise TrainingError(f"{base}: has no tokenizer.json, which the loss mask needs. {_COPY_AGAIN}")
    if recipe.data.template:
        try:
            tokenizer.chat_template = recipe.data.template.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"data.template: {recipe.data.template} cannot be read: {error}. It must be a Jinja template in UTF-8."
            ) from None
    return tokenizer


def load_model(recipe: Recipe) -> nn.Module:
    """The base with its weights frozen, on the device.

    Raises:
        TrainingError: When it cannot be read.
    """
    go_offline(hub=recipe.base.hub)
    without_cudnn_attention()
    load, device = load_of(recipe), device_of()
    if "offload-layers" in choose(recipe, gpu=device.type == "cuda").names:
        device = torch.device("cpu")  # the whole model never reaches the GPU; ``attach`` brings what belongs there
        if load == "nf4" and recipe.base.model.is_dir():
            return _load_streamed(recipe, torch.bfloat16 if device_of().type == "cuda" else torch.float32)
    options: dict[str, Any] = {
        "dtype": DTYPES.get(load, torch.bfloat16 if device_of().type == "cuda" else torch.float32)
    }
    if load == "nf4":
        options["quantization_config"] = cast(Any, BitsAndBytesConfig)(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=options["dtype"],
        )
        options["device_map"] = {"": device}
    log = cast(Any, transformers.logging)
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        loaded = AutoModelForCausalLM.from_pretrained(
            str(recipe.base.model),
            local_files_only=not recipe.base.hub,
            attn_implementation="sdpa",
            use_safetensors=True,  # a pickle can run code
            **options,
        )
    except (OSError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
        raise _unreadable(recipe, error) from None
    model = cast(nn.Module, loaded if load == "nf4" else cast(Any, loaded).to(device))
    model.requires_grad_(False)
    never_repacked(model)
    return model


def _load_streamed(recipe: Recipe, dtype: torch.dtype) -> nn.Module:
    try:
        return streamed_base.load(recipe.base.model, device_of(), dtype)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise _unreadable(recipe, error) from None


def _unreadable(recipe: Recipe, error: Exception) -> TrainingError:
    """What is wrong with a base, in the first line of whoever found it."""
    said = str(error).strip().partition("\n")[0]
    if "ignore_mismatched_sizes" in said:  # transformers' own words name a table that it has logged
        said = "its weights have other shapes than config.json says."
    return TrainingError(f"{recipe.base.model}: the model cannot be loaded: {said}\n{_remedy(recipe)}")


def _remedy(recipe: Recipe) -> str:
    return _COPY_AGAIN if recipe.base.model.is_dir() else _FETCH_AGAIN


def with_adapter(model: nn.Module, folder: Path) -> PeftModel:
    """A base with an adapter folder of PEFT.

    Raises:
        TrainingError: When the folder is none, or damaged, or of another base.
    """
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise TrainingError(f"{folder}: holds no {name}. Name the `adapter` folder of a finished run.")
    try:
        return PeftModel.from_pretrained(cast(Any, model), str(folder))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        said = str(error).strip().partition("\n")[0].rstrip(".:")
        raise TrainingError(
            f"{folder}: the adapter cannot be loaded: {said}. It is damaged, or of another base: copy the run again."
        ) from None


def model_facts(recipe: Recipe) -> dict[str, Any]:
    """What the base says of itself, without its weights.

    Raises:
        TrainingError: When it says nothing that transformers knows.
    """
    try:
        config = AutoConfig.from_pretrained(str(recipe.base.model), local_files_only=not recipe.base.hub)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(recipe, error) from None
    return cast(dict[str, Any], json.loads(config.to_json_string(use_diff=False)))


def check_targets(recipe: Recipe) -> None:
    """Whether the base is whole, has what the recipe adapts and the method can run on it, without one of its weights.

    Raises:
        TrainingError: When it is not, has not, or cannot.
    """
    if recipe.base.model.is_dir():
        check_whole(recipe.base.model)
    try:
        config = AutoConfig.from_pretrained(str(recipe.base.model), local_files_only=not recipe.base.hub)
        with torch.device("meta"):
            model = cast(Any, AutoModelForCausalLM).from_config(config)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(recipe, error) from None
    try:
        _refuse_missing(model, recipe.method.targets)
        recipe.row.load().check(model, Settings(rank=recipe.method.rank, targets=tuple(recipe.method.targets)))
    except TrainingError as error:
        raise TrainingError(f"{recipe.path}: {error}") from None


def _refuse_missing(model: nn.Module, targets: Sequence[str]) -> None:
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    missing = [kind for kind in targets if not any(is_target(name, [kind]) for name in linear)]
    if missing:
        kinds = sorted({name.rpartition(".")[2] for name in linear})
        raise TrainingError(f"method.targets: the base has no {', '.join(missing)}. It has: {', '.join(kinds)}.")


def attach(
    recipe: Recipe, model: nn.Module, tasks: tuple[str, ...], total_steps: int
) -> tuple[Any, Implementation, Settings]:
    """The adapter in the model, ready to train.

    Raises:
        TrainingError: When a target is not in the model, or the method cannot run on it.
    """
    method = recipe.method
    _refuse_missing(model, method.targets)
    targets = method.targets if method.target_share >= 1 else select(model, method.targets, method.target_share)
    settings = Settings(
        rank=method.rank,
        alpha=method.alpha,
        dropout=method.dropout,
        targets=tuple(targets),
        seed=recipe.train.seed,
        total_steps=total_steps,
        variant=method.variant,
        tasks=tasks if recipe.row.multi_task else (),
        lr_ratio=method.lr_ratio,
    )
    implementation = implementation_of(recipe)
    adapted = implementation.attach(model, settings)
    choice = choose(recipe, gpu=device_of().type == "cuda")
    if recipe.train.checkpointing and not choice.checkpointing:
        # Reentrant checkpointing would cut the gradients of shortcuts between layers (ResLoRA).
        cast(Any, adapted).gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        cast(Any, adapted).enable_input_require_grads()
    if choice.names:
        _ENGAGED[cast(nn.Module, adapted)] = engage(cast(nn.Module, adapted), choice, device_of())
    return adapted, implementation, settings


def collate(plan: Plan, pad: int, device: torch.device) -> dict[str, Tensor]:
    """A batch as tensors.

    Returns:
        ``input_ids``, ``labels`` and ``position_ids`` ``(rows, length)``; ``attention_mask`` ``(rows, length)`` and,
        when a row holds several samples, ``packed_mask`` ``(rows, 1, length, length)``: true where a position may
        look, which is back within its own sample.
    """
    length = max(sum(len(sample.tokens) for sample in row) for row in plan.rows)
    shape = (len(plan.rows), length)
    ids, labels = torch.full(shape, pad), torch.full(shape, IGNORED)
    positions, owner = torch.zeros(shape, dtype=torch.long), torch.full(shape, -1)
    for number, row in enumerate(plan.rows):
        start = 0
        for place, sample in enumerate(row):
            end = start + len(sample.tokens)
            ids[number, start:end] = torch.tensor(sample.tokens)
            learned = torch.tensor(sample.learned)
            learned[0] = False  # the token before it belongs to another sample
            labels[number, start:end] = torch.where(learned, ids[number, start:end], IGNORED)
            positions[number, start:end] = torch.arange(end - start)
            owner[number, start:end] = place
            start = end
    batch = {"input_ids": ids, "labels": labels, "position_ids": positions, "attention_mask": (owner >= 0).long()}
    if any(len(row) > 1 for row in plan.rows):
        same = owner[:, :, None] == owner[:, None, :]
        batch["packed_mask"] = (same & torch.ones(length, length, dtype=torch.bool).tril())[:, None]
    return {name: tensor.to(device) for name, tensor in batch.items()}


def summed_loss(model: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy summed over the learned tokens, so that batches of unequal size weigh by their tokens."""
    mask = batch.get("packed_mask", batch["attention_mask"])
    inputs = {"input_ids": batch["input_ids"], "attention_mask": mask, "position_ids": batch["position_ids"]}
    tiles = head_of(model)
    if tiles is not None:
        hidden = cast(Any, model).get_base_model().model(**inputs, use_cache=False).last_hidden_state
        return cross_entropy(hidden[:, :-1], batch["labels"][:, 1:], tiles)
    logits = model(**inputs, use_cache=False).logits[:, :-1].flatten(0, 1).float()
    labels = batch["labels"][:, 1:].flatten()
    return nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")


def optimizer_of(
    recipe: Recipe, model: Any, implementation: Implementation, settings: Settings
) -> torch.optim.Optimizer:
    """The method's optimiser, or AdamW with 8-bit moments where recipe or levers ask for it and the method has no own.

    Raises:
        TrainingError: When the recipe itself asks for it and the method has its own.
    """
    train = recipe.train
    method = getattr(implementation, "inner", implementation)  # of a training that goes on from an earlier one
    plain = type(method).optimizer is Implementation.optimizer
    if train.optimizer == "adamw-8bit" and not plain:
        raise TrainingError(
            f'train.optimizer = "adamw-8bit": {recipe.method.name} steps in a way of its own. Write train.optimizer = '
            '"auto".'
        )
    levers = choose(recipe, gpu=device_of().type == "cuda").names
    eight = train.optimizer == "adamw-8bit" or (train.optimizer == "auto" and "adamw-8bit" in levers)
    if eight and plain:
        from bitsandbytes.optim.adamw import AdamW8bit  # noqa: PLC0415  (only for this)

        trained = [value for value in model.parameters() if value.requires_grad]
        return cast(torch.optim.Optimizer, cast(Any, AdamW8bit)(trained, lr=train.lr, weight_decay=train.weight_decay))
    made = implementation.optimizer(model, settings, train.lr, train.weight_decay)
    if device_of().type == "cuda" and type(made) is torch.optim.AdamW:
        for group in made.param_groups:  # one kernel, and no temporary copies of all moments
            group["fused"], group["foreach"] = True, False
    return made


class PeftBackend:
    """transformers, PEFT and our own memory levers."""

    name: Literal["peft"] = "peft"

    def __init__(self) -> None:
        self.engaged: Engaged | None = None

    def load(self, recipe: Recipe, tasks: tuple[str, ...], steps: int) -> tuple[Any, Implementation, Settings]:
        """``load_model`` and ``attach``."""
        adapted, implementation, settings = attach(recipe, load_model(recipe), tasks, steps)
        self.engaged = _ENGAGED.get(adapted)
        return adapted, implementation, settings

    def loss(self, model: nn.Module, batch: Mapping[str, Tensor], targets: int) -> Tensor:
        """``summed_loss`` over ``targets``."""
        return summed_loss(model, batch) / targets

    def in_place_of_adapter(self, model: Any, fold: Fold) -> AbstractContextManager[None]:
        """The fold where the adapter was."""
        return folding.in_place_of_adapter(model, fold)

    def facts(self) -> dict[str, Any]:
        """The levers that were pulled, and the pinned host memory that they took."""
        if self.engaged is None:
            return {"levers": [], "pinned_host_bytes": 0}
        states = self.engaged.states.host_bytes if self.engaged.states else 0
        return {"levers": list(self.engaged.names), "pinned_host_bytes": self.engaged.host_bytes + states}


@torch.no_grad()
def held_out_loss(
    model: nn.Module, implementation: Implementation, plans: Sequence[Plan], pad: int, loss: Loss | None = None
) -> float:
    """Mean loss a learned token, in nats, over batches that are not trained on."""
    training = model.training
    model.eval()
    implementation.settle(cast(Any, model))
    total, tokens = 0.0, 0
    for plan in plans:
        implementation.use_task(cast(Any, model), plan.task)
        batch = collate(plan, pad, device_of())
        total += float(loss(model, batch, 1) if loss else summed_loss(model, batch))
        tokens += plan.targets
    model.train(training)
    return total / max(1, tokens)


def describe_base(recipe: Recipe) -> str:
    """One line on the base, for the plan."""
    facts = model_facts(recipe)
    shape = f"{facts.get('num_hidden_layers')} layers, {facts.get('hidden_size')} wide"
    return f"{recipe.base.model} ({facts.get('model_type')}, {shape}), held in {load_of(recipe)}, on {device_of().type}"


BACKEND = PeftBackend
