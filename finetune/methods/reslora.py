"""ResLoRA (arXiv 2402.18039): shortcuts between the LoRA blocks of the same kind in successive layers.

With x' the input, A' and B' the factors of the block before:

    input   h = W x + s B A (x + x')                 (eq. 2)
    block   h = W x + s (B A + B' A') x              (eq. 3)
    middle  h = W x + s B (A x + A' x')              (eq. 4)

The paper sums over m blocks before in eq. 3 and 4; here m = 1.

Before the first block there is none; with ``input`` its own x stands for x', so that all blocks are of one magnitude.

``block`` folds exactly, to rank 2r (eq. 5). In the others x' is another vector than x; the fold follows the paper's
merge by input (eq. 6 to 9 and 12): x' counts as c x with c the ratio of Frobenius norms, ||x'|| / ||x|| for ``input``
and ||A' x'|| / ||A x|| for ``middle``, measured on data by ``calibrate``; so (1 + c) s B A. Report its KL.
"""

from collections.abc import Sequence
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, cat, nn

from finetune.methods.base import Batch, OwnLayer, OwnMethod, layers
from finetune.methods.registry import Settings


class ResidualLayer(OwnLayer):
    """LoRA with a shortcut from the block before.

    ``seen`` is what the next block takes: a tensor of this forward pass. With checkpointing the recomputation of the
    next block finds it here still, connected to the graph of the first pass, so the gradients are the same; that
    holds for ``use_reentrant=False`` only.
    """

    variant: str
    before: "list[ResidualLayer]"  # none or one; in a list, so that it does not become a submodule
    seen: Tensor | None
    norms: list[tuple[float, float]] | None
    ratio: float

    def set_up(self, settings: Settings) -> None:
        """Alone at first; ``link`` sets the block before."""
        self.variant = settings.variant
        self.before, self.seen, self.norms, self.ratio = [], None, None, self.first_ratio

    @property
    def first_ratio(self) -> float:
        """C of a block with none before it."""
        return 1.0 if self.variant == "input" else 0.0

    def update(self, x: Tensor) -> Tensor:
        """Eq. 2, 3 or 4."""
        x = self.dropped(x)
        a, b = self.factor_a, self.factor_b
        if self.variant == "block":
            result = x @ a.T @ b.T
            for layer in self.before:
                result = result + x @ layer.factor_a.T @ layer.factor_b.T
            return self.scale * result
        own = x if self.variant == "input" else x @ a.T
        self.seen = own
        total = own + own if self.variant == "input" and not self.before else own
        for layer in self.before:
            assert layer.seen is not None, "the layers ran out of order"
            total = own + layer.seen
            if self.norms is not None:
                self.norms.append((float(layer.seen.norm()), float(own.norm())))
        return self.scale * ((total @ a.T if self.variant == "input" else total) @ b.T)

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """[A; A'], s [B, B'] for ``block``; A, (1 + c) s B otherwise."""
        del task
        if self.variant == "block":
            chain = [self, *self.before]
            return cat([layer.factor_a for layer in chain]), self.scale * cat(
                [layer.factor_b for layer in chain], dim=1
            )
        return self.factor_a, (1 + self.ratio) * self.scale * self.factor_b


class ResLora(OwnMethod):
    """All three variants."""

    layer = ResidualLayer

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """Linked layers."""
        injected = super().attach(model, settings)
        link(injected)
        return injected

    def after_step(self, model: PeftModel, step: int) -> None:
        """Let go of the last batch's activations."""
        del step
        for _, layer in layers(model):
            layer.seen = None

    @torch.no_grad()
    def calibrate(self, model: PeftModel, batches: Sequence[Batch]) -> None:
        """Measure c of every block: the root of the ratio of mean squares over the batches."""
        residual: list[Any] = [layer for _, layer in layers(model)]
        for layer in residual:
            layer.norms = []
        training = model.training
        model.eval()
        for batch in batches:
            model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        model.train(training)
        for layer in residual:
            before = sum(one**2 for one, _ in layer.norms)
            own = sum(two**2 for _, two in layer.norms)
            layer.ratio = (before / own) ** 0.5 if own else layer.first_ratio
            layer.norms = layer.seen = None


def link(model: PeftModel) -> None:
    """Tell each block which one of its kind and shape stands in the layer before."""
    last: dict[tuple[str, torch.Size, torch.Size], ResidualLayer] = {}
    for name, layer in layers(model):
        key = (name.rpartition(".")[2], layer.factor_a.shape, layer.factor_b.shape)
        layer.before = [last[key]] if key in last else []
        last[key] = layer


METHODS = {"reslora": ResLora}
