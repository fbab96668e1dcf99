"""QDyLoRA (arXiv 2402.10462): each optimiser step draws b from 1 to r and trains the first b ranks.

h = W x + (alpha/b) B[:, :b] A[:b] x. Importance sorts itself into the first ranks, so that one training serves every
rank: the export for rank k is A[:k], B[:, :k].
"""

import random

from peft import PeftModel
from torch import Tensor, nn

from finetune.methods.base import Fold, OwnLayer, OwnMethod, layers
from finetune.methods.registry import Settings


class TruncatedLayer(OwnLayer):
    """LoRA of which only the first ``width`` ranks are used."""

    width: int
    alpha: float

    def set_up(self, settings: Settings) -> None:
        """Use every rank, until told otherwise."""
        self.width, self.alpha = settings.rank, settings.alpha

    def update(self, x: Tensor) -> Tensor:
        """(alpha/b) B[:, :b] A[:b] x."""
        a, b = self.factor_a[: self.width], self.factor_b[:, : self.width]
        return (self.alpha / self.width) * (self.dropped(x) @ a.T @ b.T)

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """A[:b], (alpha/b) B[:, :b]."""
        del task
        return self.factor_a[: self.width], (self.alpha / self.width) * self.factor_b[:, : self.width]


class QDyLora(OwnMethod):
    """The rank of a step follows from seed and step alone, so every GPU draws the same without a message."""

    layer = TruncatedLayer

    def __init__(self) -> None:
        self.seed, self.rank = 0, 1

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA that can be truncated."""
        self.seed, self.rank = settings.seed, settings.rank
        return super().attach(model, settings)

    def rank_of_step(self, step: int) -> int:
        """The b of an optimiser step, uniform on 1 to r."""
        return random.Random(f"qdylora {self.seed} {step}").randint(1, self.rank)  # noqa: S311  (not a secret)

    def before_step(self, model: PeftModel, step: int) -> None:
        """Draw b. Never in ``forward``: gradient checkpointing runs that twice."""
        use_rank(model, self.rank_of_step(step))

    def settle(self, model: PeftModel) -> None:
        """Use every rank again."""
        use_rank(model, self.rank)

    def fold_at(self, model: PeftModel, rank: int) -> Fold:
        """The adapter of a rank up to r."""
        use_rank(model, rank)
        folded = super().fold(model)
        use_rank(model, self.rank)
        return folded

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """The adapter of the full rank, whatever the last step drew."""
        del task
        return self.fold_at(model, self.rank)


def use_rank(model: PeftModel, rank: int) -> None:
    """Truncate every layer to ``rank``."""
    for _, layer in layers(model):
        layer.width = rank


METHODS = {"qdylora": QDyLora}
