"""Parts of a step computed tile by tile, so that their largest tensor never exists whole. All exact.

The loss: an 8B model's logits for 4,096 tokens are 2 GiB in float32. ``cross_entropy`` walks over the vocabulary with a
running maximum and sum (as attention kernels do over keys), and gathers the gradient of the hidden states on the same
walk, so that the head is read once and may live in host memory. The head is frozen: it gets no gradient.
The MLP: ``tile_mlp`` walks over the tokens.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

# Bytes of one tile of logits, in float32 and once more in 16 bits. 96 MiB keeps the products of an 8B head large
# enough to fill a GPU: 4,096 tokens by 4,096 words.
TILE_BYTES = 96 * 2**20
IGNORED = -100


class HeadTiles(Protocol):
    """The rows of a head, a tile at a time on the device of the hidden states."""

    def __call__(self, rows: int) -> Iterator[tuple[int, Tensor]]:
        """First row and ``(at most rows, hidden)`` of each tile, in order; a tile is valid until the next one."""
        ...


class ResidentHead:
    """A head that is on the device."""

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight

    def __call__(self, rows: int) -> Iterator[tuple[int, Tensor]]:
        """Slices of the weight."""
        weight = self.weight.detach()
        for start in range(0, len(weight), rows):
            yield start, weight[start : start + rows]


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, labels: Tensor, tiles: HeadTiles, tile_bytes: int) -> Tensor:
        count = len(hidden)
        wants_gradient = ctx.needs_input_grad[0]
        top = torch.full((count,), -torch.inf, device=hidden.device)
        total, gold = torch.zeros_like(top), torch.zeros_like(top)
        if wants_gradient:
            mean_row = torch.zeros(hidden.shape, device=hidden.device)
            gold_row = torch.zeros_like(hidden)
        for start, weight in tiles(tile_rows(count, tile_bytes)):
            logits = (hidden @ weight.T).float()
            place = labels - start
            inside = (place >= 0) & (place < len(weight))
            place = place.clamp(0, len(weight) - 1)
            gold = torch.where(inside, logits.gather(1, place[:, None])[:, 0], gold)
            new_top = torch.maximum(top, logits.amax(1))
            shrink = (top - new_top).exp()
            logits.sub_(new_top[:, None]).exp_()
            total = total * shrink + logits.sum(1)
            if wants_gradient:
                mean_row.mul_(shrink[:, None]).add_(logits.to(weight.dtype) @ weight)
                gold_row = torch.where(inside[:, None], weight[place], gold_row)
            top = new_top
            del logits
        if wants_gradient:
            ctx.save_for_backward(mean_row.div_(total[:, None]).sub_(gold_row).to(hidden.dtype))
        return (total.log() + top - gold).sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (row,) = ctx.saved_tensors
        return row * gradients[0].to(row.dtype), None, None, None


def tile_rows(tokens: int, tile_bytes: int = TILE_BYTES) -> int:
    """Rows of the head in one tile: as many as keep its logits under ``tile_bytes``, at least 256."""
    return max(256, tile_bytes // (6 * max(1, tokens)) // 256 * 256)


def cross_entropy(hidden: Tensor, labels: Tensor, tiles: HeadTiles, tile_bytes: int = TILE_BYTES) -> Tensor:
    """Cross-entropy summed over the tokens that have a label.

    Args:
        hidden: ``(..., hidden)``, the states after the last norm.
        labels: ``(...)``, the token that each position should predict, or ``IGNORED``.
    """
    learned = labels != IGNORED
    return cast(Tensor, cast(Any, _CrossEntropy).apply(hidden[learned], labels[learned], tiles, tile_bytes))


class Recomputing(Protocol):
    """Who knows what is computed again.

    Args:
        recomputing: True while what is computed serves a backward pass only, so that its last value is not looked at.
    """

    recomputing: bool


class _TiledMlp(torch.autograd.Function):
    """An MLP over pieces of its tokens, each recomputed when its gradient is wanted.

    While a layer is only recomputed for its backward pass, its output is not computed at all: the MLP's is the last
    term of a layer's sum, and no gradient depends on the value of a sum. The time is that of plain checkpointing, the
    memory that of one piece.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, mlp: Callable[[Tensor], Tensor], tokens: int, owner: Recomputing) -> Tensor:
        ctx.mlp, ctx.tokens, ctx.owner = mlp, tokens, owner
        ctx.save_for_backward(x)
        if owner.recomputing:
            return x.new_zeros(()).expand(x.shape)
        flat = x.reshape(-1, x.shape[-1])
        out = torch.empty_like(flat)
        for start in range(0, len(flat), tokens):
            out[start : start + tokens] = mlp(flat[start : start + tokens])
        return out.view(x.shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        flat, above = x.reshape(-1, x.shape[-1]), gradients[0].reshape(-1, x.shape[-1])
        below = torch.empty_like(flat)
        for start in range(0, len(flat), ctx.tokens):
            piece = flat[start : start + ctx.tokens].detach().requires_grad_()
            ctx.owner.recomputing = True
            try:
                with torch.enable_grad():
                    out = ctx.mlp(piece)
            finally:
                ctx.owner.recomputing = False
            torch.autograd.backward(out, above[start : start + ctx.tokens])
            below[start : start + ctx.tokens] = cast(Tensor, piece.grad)
        return below.view(x.shape), None, None, None


def tile_mlp(mlp: nn.Module, tokens: int, owner: Recomputing) -> None:
    """Compute ``mlp`` in pieces of ``tokens`` tokens from now on."""
    whole = mlp.forward

    def forward(x: Tensor) -> Tensor:
        if not torch.is_grad_enabled() and x.numel() // x.shape[-1] <= tokens:
            return cast(Tensor, whole(x))
        return cast(Tensor, cast(Any, _TiledMlp).apply(x, whole, tokens, owner))

    cast(Any, mlp).forward = forward
