"""What is measured on held-out examples while a training runs, and which number of it decides."""

from collections.abc import Mapping

from finetune.backends import peft_backend as backend
from finetune.kl import held_out_kl
from finetune.recipe import Recipe
from finetune.training.setup import Setup


def measure(setup: Setup) -> dict[str, float]:
    """The held-out loss and, where replay holds the model to its base, the KL to it; both a token."""
    model, method, pad = setup.model, setup.method, setup.pad
    loss = backend.held_out_loss(model, method, setup.validation, pad, setup.backend.loss)
    found = {"held_out_loss": loss}
    if setup.replay_validation:
        found["held_out_kl"] = held_out_kl(model, method, setup.replay_validation, pad)
    return found


def score(recipe: Recipe, found: Mapping[str, float]) -> float:
    """What ``run.best_by`` compares; lower is better."""
    if "held_out_kl" in found and recipe.run.best_by == "loss+kl":
        return found["held_out_loss"] + recipe.data.replay_kl_weight * found["held_out_kl"]
    return found["held_out_loss"]


def in_words(found: Mapping[str, float]) -> str:
    """For the screen."""
    kl = f", KL to the base {found['held_out_kl']:.4f}" if "held_out_kl" in found else ""
    return f"held-out loss {found['held_out_loss']:.4f}{kl}"
