"""Updates brought to a lower rank: exactly where nothing is there to lose, else by a cut SVD, the closest in norm."""

import torch
from torch import Tensor

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.fold import Adapter, Plain, Update

# Directions below this share of the largest singular value are rounding: float32 has 24 bits.
_NOTHING = 1e-6
# A matrix whose shorter side exceeds this gets a randomised SVD (arXiv 0909.4061): seconds instead of minutes.
_EXACT_UP_TO = 1024
_OVERSAMPLED, _POWER_ITERATIONS = 16, 8


def cut(plain: Plain, rank: int | None = None) -> Plain:
    """The same update, or the closest to it, with fewer ranks.

    Q R factorisations of B and A^T leave a small matrix to take apart, so the whole product is never made.

    Args:
        rank: At most this one; None: only what is rounding goes.
    """
    q_b, r_b = torch.linalg.qr(plain.b.double())
    q_a, r_a = torch.linalg.qr(plain.a.double().T)
    u, s, vt = torch.linalg.svd(r_b @ r_a.T)
    kept = max(1, int((s > _NOTHING * s[0]).sum()))
    return _factors(q_b @ u, s, vt @ q_a.T, kept if rank is None else min(kept, rank))


def from_full(change: Tensor, rank: int) -> Plain:
    """The closest plain update to a change of full rank, ``(out, in)`` float32."""
    if min(change.shape) <= _EXACT_UP_TO:
        u, s, vt = torch.linalg.svd(change, full_matrices=False)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            u, s, v = torch.svd_lowrank(change, q=rank + _OVERSAMPLED, niter=_POWER_ITERATIONS)
        vt = v.T
    return _factors(u, s, vt, rank)


def as_plain(adapter: Adapter, base: Checkpoint, rank: int) -> Adapter:
    """An adapter of any method, cut to plain A and B of a rank.

    Args:
        base: The base it was trained on: what DoRA and HiRA do depends on it.

    Raises:
        BundleError: If a part of it is no change of a weight matrix.
    """
    adapter.refuse_as_adapter(tied=base.tied, svd=rank)
    updates: dict[str, Update] = {}
    for name, update in adapter.updates.items():
        if isinstance(update, Plain):
            updates[name] = cut(update, rank)
            continue
        info = base.tensors.get(name)
        if info is None:
            raise BundleError(f"{name}: the base has no such tensor of its own, so its change cannot be cut to a rank.")
        blocks = []
        for start, block in base.rows(info):
            weight = block.float()
            blocks.append(update.rows(weight, start) - weight)
        updates[name] = from_full(torch.cat(blocks), rank)
    return Adapter(adapter.method, updates)


def _factors(u: Tensor, s: Tensor, vt: Tensor, rank: int) -> Plain:
    """B ``(out, rank)`` and A ``(rank, in)``, the singular values shared by root, float32."""
    root = s[:rank].sqrt()
    return Plain((root[:, None] * vt[:rank]).float().contiguous(), (u[:, :rank] * root).float().contiguous())
