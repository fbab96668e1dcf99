"""The largest singular vectors of a weight: exact for small matrices, randomised for those where that takes minutes."""

import torch
from torch import Tensor

# A matrix whose shorter side exceeds this gets a randomised SVD (as LoRA-XS' public code, and PiSSA's "fast SVD").
EXACT_UP_TO = 1024
# Of the randomised one: power iterations, and vectors beyond those that are wanted.
ITERATIONS, SPARE = 10, 10


def largest(matrix: Tensor, rank: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """U ``(out, rank)``, S ``(rank,)`` and V^T ``(rank, in)``; the same for the same seed."""
    if min(matrix.shape) <= EXACT_UP_TO:
        u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
        return u[:, :rank], s[:rank], vt[:rank]
    with torch.random.fork_rng(devices=[matrix.device] if matrix.is_cuda else []):
        torch.manual_seed(seed)
        u, s, v = torch.svd_lowrank(matrix, q=min(rank + SPARE, *matrix.shape), niter=ITERATIONS)
    return u[:, :rank], s[:rank], v[:, :rank].T
