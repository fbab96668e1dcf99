"""Who computes a training: PEFT anywhere, Unsloth where its kernels may be used. One recipe, one loop, one run folder.

Nothing here imports torch or transformers: Unsloth must be imported before them, so the choice comes first.
"""

import importlib
import importlib.util
import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from finetune.errors import TrainingError
from finetune.lever_choice import UNSLOTH_METHODS
from finetune.methods.registry import Settings
from finetune.offline import go_offline
from finetune.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from finetune.methods.base import Fold, Implementation

Name = Literal["unsloth", "peft"]
# Architectures whose packed rows and plain LoRA were read in Unsloth's source.
UNSLOTH_MODELS = ("llama", "mistral", "qwen2", "qwen3")


class Backend(Protocol):
    """What the training loop needs of a backend."""

    name: Name

    def load(self, recipe: Recipe, tasks: tuple[str, ...], steps: int) -> "tuple[Any, Implementation, Settings]":
        """The base with its adapter, frozen but for that, on the device, ready to train.

        Raises:
            TrainingError: When the base cannot be read, or the method cannot run on it.
        """
        ...

    def loss(self, model: "nn.Module", batch: "Mapping[str, Tensor]", targets: int) -> "Tensor":
        """Cross-entropy of a batch summed over its learned tokens and divided by ``targets``."""
        ...

    def in_place_of_adapter(self, model: Any, fold: "Fold") -> AbstractContextManager[None]:
        """Within it, the model computes with a fold instead of its adapter."""
        ...

    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says of the backend beside its name."""
        ...


def against_unsloth(recipe: Recipe) -> str | None:
    """Why Unsloth cannot be used for a recipe as it stands; None when it can."""
    method = recipe.method
    if recipe.row.name not in UNSLOTH_METHODS:
        return f"its kernels read A and B and pass by the forward pass of {recipe.row.name}"
    if method.dropout or method.target_share < 1 or not set(method.targets) <= set(Settings.targets):
        return "it takes the seven linear kinds whole, without dropout"
    if recipe.base.load not in ("auto", "nf4", "bfloat16", "float16"):
        return f"it does not train on {recipe.base.load}"
    if recipe.train.memory != "default":
        return f'train.memory = "{recipe.train.memory}" is made of levers of the PEFT backend'
    if recipe.data.replay_share and getattr(recipe.data, "replay_loss", "") == "kl":
        return "the KL to the base needs the logits that it never makes"
    if recipe.method.init_adapter:
        return "it starts its own adapter, and method.init_adapter names another"
    kind = _model_type(recipe.base.model)
    return None if kind in UNSLOTH_MODELS else f"a base of the kind {kind} has not been checked with it"


def _model_type(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type"))
    except (OSError, ValueError):
        return None


def unsloth_is_here() -> bool:
    """Whether it is installed and there is a GPU for it."""
    if importlib.util.find_spec("unsloth") is None:
        return False
    torch = importlib.import_module("torch")
    return bool(torch.cuda.is_available())


def decide(recipe: Recipe) -> tuple[Name, str]:
    """The backend of a recipe, and why.

    Raises:
        TrainingError: When the recipe demands Unsloth and it cannot be used.
    """
    wanted = recipe.run.backend
    if wanted == "peft":
        return "peft", "the recipe says so"
    reason = against_unsloth(recipe)
    if reason is None and not unsloth_is_here():
        reason = "it is not installed here, or there is no GPU"
    if reason is None:
        return "unsloth", "plain LoRA on a GPU" if wanted == "auto" else "the recipe says so"
    if wanted == "unsloth":
        raise TrainingError(f'{recipe.path}: run.backend = "unsloth": {reason}. Write run.backend = "peft" or "auto".')
    return "peft", f"Unsloth is not used: {reason}"


def prepare(recipe: Recipe) -> None:
    """Import Unsloth before transformers and PEFT are, if it will be used. Call it before ``finetune.run``."""
    # Pages that grow instead of blocks that fragment: read by PyTorch when it first uses the GPU.
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    if recipe.train.memory == "minimal":
        # cuBLAS would take 32 MiB for each thread that computes on a Hopper card; this is its choice for other cards.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:2:16:8")
    if decide(recipe)[0] == "unsloth":
        go_offline(hub=recipe.base.hub)
        importlib.import_module("unsloth")


def of(recipe: Recipe) -> Backend:
    """The backend that a recipe is to be trained with."""
    name, _ = decide(recipe)
    prepare(recipe)
    module = importlib.import_module(f"finetune.backends.{name}_backend")
    backend: Backend = module.BACKEND()
    return backend
