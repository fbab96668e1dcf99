"""Training that goes on from an earlier adapter: a warm start, or C-LoRA beside it.

C-LoRA (Continual Diffusion, arXiv 2304.06027): at task t the weight is W + sum_{t'<t} B_t' A_t' + s B_t A_t. The sum of
the earlier updates is frozen, and the loss gains lambda times

    L_forget = || |sum_{t'<t} B_t' A_t'| * (s B_t A_t) ||^2,

element by element, the squared Frobenius norm: what earlier tasks changed much costs much to change again. The paper
writes the factors as A B; its sum is here one pair of factors, the plain adapter that the earlier run exported, which
holds all the runs before it. Fold: A' = [A; sum's A], B' = [s B, sum's B], exact, of the ranks' sum.
"""

from contextlib import AbstractContextManager
from typing import Any, cast

import torch
from peft import PeftModel
from torch import Tensor, nn

from finetune.errors import TrainingError
from finetune.methods.base import ADAPTER, Fold, Implementation, OwnLayer, OwnMethod, adopt, layers
from finetune.methods.fold import in_place_of_adapter
from finetune.methods.lora import Lora
from finetune.methods.registry import Settings

# Elements of one piece of the penalty: whole, an 8B's widest update takes 235 MB, and two of its size are needed.
PIECE = 2**22


class WarmStart(Lora):
    """The earlier A and B, trained on; ``inner`` says how they are scaled and stepped.

    Args:
        earlier: The plain adapter of the run before, alpha equal to its rank.
    """

    def __init__(self, inner: Implementation, earlier: Fold) -> None:
        self.inner, self.earlier = inner, earlier

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA whose factors are those of the earlier run, where it had some."""
        injected = self.inner.attach(model, settings)
        for name, layer in _adapted(injected, self.earlier):
            a, b = self.earlier[name]
            layer.lora_A[ADAPTER].weight.data.copy_(a)
            layer.lora_B[ADAPTER].weight.data.copy_(b / layer.scaling[ADAPTER])
        return injected

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """The method's own."""
        return self.inner.optimizer(model, settings, lr, weight_decay)

    def as_base(self, model: PeftModel) -> AbstractContextManager[None]:
        """The model as this training found it: with the earlier adapter."""
        return in_place_of_adapter(model, self.earlier)


class BesideLayer(OwnLayer):
    """LoRA beside the frozen sum of the earlier updates, ``lora_earlier_A`` ``(p, in)`` and ``lora_earlier_B``."""

    lora_earlier_A: Tensor  # noqa: N815  (PEFT's way of naming factors)
    lora_earlier_B: Tensor  # noqa: N815

    def set_up(self, settings: Settings) -> None:
        """No earlier update, until told otherwise."""
        del settings
        n_out, n_in = self.widths
        self.remember(self.factor_a.new_zeros(0, n_in), self.factor_b.new_zeros(n_out, 0))

    def remember(self, a: Tensor, b: Tensor) -> None:
        """Freeze an update beside the one that is trained."""
        for name, value, like in (("lora_earlier_A", a, self.factor_a), ("lora_earlier_B", b, self.factor_b)):
            self.register_buffer(name, value.to(like.device, like.dtype))

    def update(self, x: Tensor) -> Tensor:
        """S B A x, and the sum's B A x, which no dropout touches."""
        earlier = x @ self.lora_earlier_A.T @ self.lora_earlier_B.T
        return self.scale * (self.dropped(x) @ self.factor_a.T @ self.factor_b.T) + earlier

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """[A; sum's A], [s B, sum's B]."""
        del task
        return (
            torch.cat([self.factor_a, self.lora_earlier_A]),
            torch.cat([self.scale * self.factor_b, self.lora_earlier_B], dim=1),
        )


class CLora(OwnMethod):
    """arXiv 2304.06027, for any method whose adapter is plain LoRA.

    Args:
        weight: Lambda.
    """

    layer = BesideLayer

    def __init__(self, inner: Implementation, earlier: Fold, weight: float) -> None:
        self.inner, self.earlier, self.weight = inner, earlier, weight

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """The method's LoRA, with the earlier updates beside it."""
        injected = self.inner.attach(model, settings)
        adopt(injected, self.layer, settings)
        for name, layer in _adapted(injected, self.earlier):
            layer.remember(*self.earlier[name])
        return injected

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """The method's own."""
        return self.inner.optimizer(model, settings, lr, weight_decay)

    def penalty(self, model: PeftModel) -> Tensor | None:
        """Lambda L_forget, summed over the modules."""
        terms = [
            forgetting(x.factor_a, x.factor_b, x.scale, x.lora_earlier_A, x.lora_earlier_B) for _, x in layers(model)
        ]
        return self.weight * torch.stack(terms).sum()

    def as_base(self, model: PeftModel) -> AbstractContextManager[None]:
        """The model as this training found it: with the earlier adapters."""
        return in_place_of_adapter(model, self.earlier)


def forgetting(a: Tensor, b: Tensor, scale: float, earlier_a: Tensor, earlier_b: Tensor) -> Tensor:
    """L_forget of one module, a scalar, with gradients for ``a`` ``(r, in)`` and ``b`` ``(out, r)``."""
    return cast(Tensor, cast(Any, _Forgetting).apply(a, b, scale, earlier_a, earlier_b))


class _Forgetting(torch.autograd.Function):
    """With D the earlier update and U = s B A: L = sum (D U)^2, dL/dU = 2 D^2 U, element by element.

    The absolute value of the paper vanishes in the square. D and U are made for a few outputs at a time and nothing of
    their size is kept: the gradients are taken on the way.
    """

    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any, a: Tensor, b: Tensor, scale: float, earlier_a: Tensor, earlier_b: Tensor
    ) -> Tensor:
        total, grad_a, grad_b = a.new_zeros(()), torch.zeros_like(a), torch.zeros_like(b)
        rows = max(1, PIECE // a.shape[1])
        for start in range(0, len(b) if earlier_a.shape[0] else 0, rows):
            part = b[start : start + rows]
            squares = (earlier_b[start : start + rows] @ earlier_a).square_()
            update = scale * (part @ a)
            to_update = squares.mul_(update)  # D^2 U
            total += (to_update * update).sum()
            to_update *= 2 * scale
            grad_a.addmm_(part.T, to_update)
            grad_b[start : start + rows] = to_update @ a.T
        ctx.save_for_backward(grad_a, grad_b)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        grad_a, grad_b = ctx.saved_tensors
        return gradients[0] * grad_a, gradients[0] * grad_b, None, None, None


def _adapted(model: PeftModel, earlier: Fold) -> list[tuple[str, Any]]:
    """The layers that the earlier run adapted too.

    Raises:
        TrainingError: When it adapted one that this training leaves out.
    """
    own = dict(layers(model))
    missing = sorted(earlier.keys() - own.keys())
    if missing:
        raise TrainingError(
            f"method.targets: the adapter of method.init_adapter changes {missing[0]} and {len(missing) - 1} more that "
            "this recipe does not adapt. Write the targets of the earlier run, or more."
        )
    return [(name, own[name]) for name in earlier]
