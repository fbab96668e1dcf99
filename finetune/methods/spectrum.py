"""Spectrum (arXiv 2406.06623): adapt the modules whose weights hold the most signal.

For each linear module: the singular values s, the spread of the noise from their interquartile range, sigma =
IQR / 1.349, and the Marchenko-Pastur edge sigma (1 + sqrt(shorter / longer)). What lies above the edge is signal:
SNR = sum(s > edge) / sum(s <= edge), divided by the largest s so that kinds of different size compare. Within each kind
of module (q_proj, up_proj, ...) the given share with the largest SNR is chosen, as in the public code.
"""

from collections.abc import Sequence

import torch
from peft.utils.integrations import dequantize_module_weight
from torch import Tensor, nn

from finetune.methods.base import is_target


def signal_to_noise(weight: Tensor) -> float:
    """SNR of one weight, normalised; infinite when nothing is noise."""
    values = torch.linalg.svdvals(weight.detach().float())
    low, high = torch.quantile(values, torch.tensor([0.25, 0.75], device=values.device))
    edge = (high - low) / 1.349 * (1 + (min(weight.shape) / max(weight.shape)) ** 0.5)
    noise = values[values <= edge].sum()
    return float(values[values > edge].sum() / noise / values.max()) if noise > 0 else float("inf")


def select(model: nn.Module, kinds: Sequence[str], share: float) -> list[str]:
    """The whole names of the modules to adapt, in the order of the model.

    Args:
        kinds: Last parts of the names of the modules to choose among, or whole names.
        share: How many of each kind, from 0 to 1; at least one.
    """
    ratios: dict[str, list[tuple[float, str]]] = {kind: [] for kind in kinds}
    for name, module in model.named_modules():
        kind = next((kind for kind in kinds if is_target(name, [kind])), None)
        if kind and isinstance(module, nn.Linear):
            ratios[kind].append((signal_to_noise(dequantize_module_weight(module)), name))
    chosen: set[str] = set()
    for found in ratios.values():
        best = sorted(found, key=lambda pair: -pair[0])
        chosen.update(name for _, name in best[: max(1, round(share * len(best)))])
    return [name for name, _ in model.named_modules() if name in chosen]
