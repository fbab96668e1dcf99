"""Faster and leaner forms of what a decoder layer computes, with the same results to rounding.

PEFT's LoRA layer casts its input to float32, keeps that copy for the backward pass and adds in four kernels; on a
16-bit base ``FastLora`` computes the same equation in the base's type and keeps the input once for all that share it.
Dropout, DoRA and the other variants keep PEFT's forward pass.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from finetune.methods.base import ADAPTER


def dense(layer: nn.Module, dtype: torch.dtype) -> Tensor:
    """The frozen weight of a linear layer, ``(out, in)``, dequantised where it is held in 4 bits."""
    own = getattr(layer, "dequantise", None)  # LoftQ's and IR-QLoRA's layers
    if own is not None:
        return cast(Tensor, own(dtype))
    weight = cast(Any, layer).weight
    state = getattr(weight, "quant_state", None)
    if state is None:
        return cast(Tensor, weight.to(dtype))
    from bitsandbytes.functional import dequantize_4bit  # noqa: PLC0415  (only where the base is in 4 bits)

    return dequantize_4bit(weight.data, state).to(dtype)


class _LoraLinear(torch.autograd.Function):
    """y = x W^T + s (x A^T) B^T with W frozen; W is made dense again for the backward pass.

    With ``unread`` nobody will look at y: no gradient depends on it, so x W^T is left out.
    """

    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        x: Tensor,
        a: Tensor,
        b: Tensor,
        base: nn.Module,
        scale: float,
        unread: bool,  # noqa: FBT001
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        small_a, small_b = a.to(x.dtype), b.to(x.dtype)
        inner = (flat @ small_a.t()).mul_(scale)
        ctx.save_for_backward(x, inner, small_a, small_b)
        ctx.base, ctx.scale, ctx.types = base, scale, (a.dtype, b.dtype)
        if unread:
            return x.new_zeros(()).expand(*x.shape[:-1], len(b))
        out = (flat @ dense(base, x.dtype).t()).addmm_(inner, small_b.t())
        bias = cast(Any, base).bias
        if bias is not None:
            out += bias.to(x.dtype)
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        x, inner, a, b = ctx.saved_tensors
        flat = x.reshape(-1, x.shape[-1])
        above = gradients[0].reshape(-1, gradients[0].shape[-1])
        below_inner = (above @ b).mul_(ctx.scale)
        grad_a = (below_inner.t() @ flat).to(ctx.types[0]) if ctx.needs_input_grad[1] else None
        grad_b = (above.t() @ inner).to(ctx.types[1]) if ctx.needs_input_grad[2] else None
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (above @ dense(ctx.base, x.dtype)).addmm_(below_inner, a).view(x.shape)
        return grad_x, grad_a, grad_b, None, None, None


class FastLora(nn.Module, LoraLayer):
    """In front of PEFT's layer class."""

    # Asked at each call: whether the output will not be looked at, but only its gradient taken.
    unread: Callable[[], bool] = staticmethod(lambda: False)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """PEFT's equation in one function, where nothing stands between its parts."""
        if self.disable_adapters or self.merged or args or kwargs or self.active_adapters != [ADAPTER]:
            return cast(Tensor, super().forward(x, *args, **kwargs))
        a, b = self.lora_A[ADAPTER].weight, self.lora_B[ADAPTER].weight
        apply = cast(Any, _LoraLinear).apply
        return cast(Tensor, apply(x, a, b, self.get_base_layer(), self.scaling[ADAPTER], self.unread()))


class _SwiGlu(torch.autograd.Function):
    """silu(gate) * up, keeping its two inputs only."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        return nn.functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        gate, up = ctx.saved_tensors
        above = gradients[0]
        sigmoid = torch.sigmoid(gate)
        silu = gate * sigmoid
        to_up = above * silu
        # d silu / d gate = sigmoid (1 + gate (1 - sigmoid)) = sigmoid + silu - silu sigmoid, where silu was: these
        # are the widest tensors of a layer, and this is its peak.
        slope = silu.addcmul_(silu, sigmoid, value=-1).add_(sigmoid)
        del sigmoid
        return slope.mul_(above).mul_(up), to_up


def fuse_lora(model: nn.Module) -> int:
    """Give every plain LoRA layer the fast forward pass; how many there were."""
    count = 0
    for layer in model.modules():
        plain = type(layer).__module__.startswith("peft.tuners.lora.") and isinstance(layer, LoraLayer)
        if not plain or ADAPTER not in getattr(layer, "lora_A", {}) or getattr(layer, "lora_variant", None):
            continue
        base, dropout = cast(Any, layer).get_base_layer(), cast(Any, layer).lora_dropout[ADAPTER]
        if not hasattr(base, "in_features") or not isinstance(dropout, nn.Identity):
            continue
        layer.__class__ = _fast_class(type(layer))
        count += 1
    return count


_CLASSES: dict[type, type] = {}


def _fast_class(own: type) -> type:
    return _CLASSES.setdefault(own, type(f"Fast{own.__name__}", (FastLora, own), {}))


def fuse_layers(layers: nn.ModuleList, unread: Callable[[], bool]) -> None:
    """One kernel for each RMS norm, and a SwiGLU that keeps less; for layers of the Llama kind.

    Args:
        unread: Whether the output of a layer computed now will not be looked at. Such a layer ends in ``residual +
            down_proj(...)``, and no gradient depends on the value of a sum, so that product is left out.
    """
    for layer in layers:
        for module in layer.modules():
            if type(module).__name__.endswith("RMSNorm"):
                fuse_norm(module)
        mlp = cast(Any, layer).mlp
        if isinstance(mlp.act_fn, nn.SiLU) or type(mlp.act_fn).__name__ in ("SiLUActivation", "SiLU"):
            _fuse_mlp(mlp)
            if isinstance(mlp.down_proj, FastLora):
                mlp.down_proj.unread = unread


def fuse_norm(norm: Any) -> None:
    """Compute an RMS norm in one kernel."""
    norm.forward = lambda x: nn.functional.rms_norm(x, (x.shape[-1],), norm.weight.to(x.dtype), norm.variance_epsilon)


def _fuse_mlp(mlp: Any) -> None:
    apply = cast(Any, _SwiGlu).apply
    mlp.forward = lambda x: mlp.down_proj(apply(mlp.gate_proj(x), mlp.up_proj(x)))
