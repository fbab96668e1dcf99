"""Several adapters of one base -> one.

    linear   sum_i w_i dW_i, exact; w_i = 1/n unless given
    fedavg   the same, w_i by the number of examples each run was trained on: sites train apart and share adapters
             alone. The updates are averaged, not A and B one by one, which would add products of A and B of different
             sites (FLoRA, arXiv 2409.05976)
    cat      sum_i w_i dW_i, exact, ranks side by side; w_i = 1 unless given
    ties     TIES (arXiv 2306.01708) on dW_i: the largest share `density` of each, one sign for each value by majority,
             the mean of those that agree; cut to a rank
    dare     DARE (arXiv 2311.03099) on dW_i: a random share `density` of each, divided by it, summed; cut to a rank

PEFT's ``add_weighted_adapter`` does the work, one module at a time. Its own "linear" mixes A and B one by one: two
equal adapters with weights of one half would give twice the adapter.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from edgegen.errors import BundleError
from export.fold import Adapter, Plain, Soup, Update
from export.request import Combination
from export.svd import cut

WAYS = ("linear", "cat", "ties", "dare", "fedavg")
_EXACT = ("linear", "cat", "fedavg")
_PEFT = {"linear": "cat", "fedavg": "cat", "cat": "cat", "ties": "ties_svd", "dare": "dare_linear_svd"}


def weights_of(combination: Combination, names: Sequence[str], examples: Sequence[int | None]) -> list[float]:
    """The weight of each adapter.

    Args:
        examples: How many each run was trained on, where it says so.

    Raises:
        BundleError: If they cannot be had.
    """
    if combination.how not in WAYS:
        raise BundleError(f"--combine {combination.how}: use one of {', '.join(WAYS)}.")
    if combination.weights:
        if len(combination.weights) != len(names):
            raise BundleError(
                f"--weights: {len(combination.weights)} given for {len(names)} adapters: {', '.join(names)}. "
                "Give one for each."
            )
        given = combination.weights
        if not all(map(math.isfinite, given)):
            raise BundleError(f"--weights {','.join(map(str, given))}: give finite numbers, as in 0.3,0.7.")
    elif combination.how == "fedavg":
        unknown = [name for name, count in zip(names, examples, strict=True) if not count]
        if unknown:
            raise BundleError(
                f"--combine fedavg: {', '.join(unknown)} does not say how many examples it was trained on. "
                "Give the numbers with --weights."
            )
        given = tuple(float(count) for count in examples if count)
    else:
        return [1 / len(names) if combination.how == "linear" else 1.0] * len(names)
    if combination.how != "fedavg":
        return [float(weight) for weight in given]
    if min(given) < 0 or sum(given) <= 0:
        raise BundleError(f"--weights {given}: numbers of examples are not negative, and not all are 0.")
    return [weight / sum(given) for weight in given]


def combine(
    combination: Combination, adapters: Sequence[Adapter], weights: Sequence[float], rank: int | None = None
) -> Adapter:
    """One adapter out of several.

    Args:
        rank: What ties and dare are cut to, by default the largest of the parts; the exact ways only when given.

    Returns:
        Plain A and B where all parts are; else, for linear and fedavg, what can be merged alone.

    Raises:
        BundleError: If the parts cannot be combined so.
    """
    method = f"{combination.how} of {', '.join(adapter.method for adapter in adapters)}"
    names = sorted({name for adapter in adapters for name in adapter.updates})
    if all(adapter.is_plain for adapter in adapters):
        return Adapter(
            method, {name: _combined(combination, _of(name, adapters), list(weights), rank) for name in names}
        )
    if combination.how not in ("linear", "fedavg"):
        whole = ", ".join(adapter.method for adapter in adapters if not adapter.is_plain)
        raise BundleError(
            f"--combine {combination.how}: {whole} has no form as plain A and B. Use linear or fedavg, which average "
            "the merged models, or cut it to a rank first with --svd RANK."
        )
    soups: dict[str, Update] = {
        name: Soup(tuple(zip(weights, (adapter.updates.get(name) for adapter in adapters), strict=True)))
        for name in names
    }
    return Adapter(method, soups)


def _of(name: str, adapters: Sequence[Adapter]) -> list[Plain | None]:
    updates = [adapter.updates.get(name) for adapter in adapters]
    return [update if isinstance(update, Plain) else None for update in updates]


def _combined(combination: Combination, parts: list[Plain | None], weights: list[float], rank: int | None) -> Plain:
    """One module's."""
    if combination.how in _EXACT:
        summed = _through_peft(parts, weights, _PEFT[combination.how])
        if rank is not None or combination.how != "cat":
            return cut(summed, rank)
        return summed
    largest = max(part.a.shape[0] for part in parts if part is not None)
    return _through_peft(parts, weights, _PEFT[combination.how], density=combination.density, svd_rank=rank or largest)


def _through_peft(parts: list[Plain | None], weights: list[float], kind: str, **options: Any) -> Plain:
    """``add_weighted_adapter`` on one layer whose weight takes no memory."""
    from peft import LoraConfig  # noqa: PLC0415 - heavy
    from peft.tuners.lora import LoraModel  # noqa: PLC0415

    present = [
        (str(place), part, weight) for place, (part, weight) in enumerate(zip(parts, weights, strict=True)) if part
    ]
    n_out, n_in = present[0][1].b.shape[0], present[0][1].a.shape[1]
    layer = nn.Linear(1, 1, bias=False)
    layer.in_features, layer.out_features = n_in, n_out
    layer.weight = nn.Parameter(torch.zeros(1).expand(n_out, n_in), requires_grad=False)
    holder = nn.ModuleDict({"layer": layer})
    configs = {
        name: LoraConfig(r=part.a.shape[0], lora_alpha=part.a.shape[0], target_modules=["layer"])
        for name, part, _ in present
    }
    first = present[0][0]
    model: Any = LoraModel(holder, {first: configs[first]}, first)
    for name, config in configs.items():
        if name != first:
            model.peft_config[name] = config
            model.inject_adapter(holder, name)
    adapted: Any = holder["layer"]
    for name, part, _ in present:
        _put(adapted, name, part)
    # The masks of DARE are random: the same ones each time, so that an export can be repeated to the byte.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model.add_weighted_adapter(
            [name for name, _, _ in present],
            [weight for _, _, weight in present],
            "combined",
            combination_type=kind,
            **({"svd_full_matrices": False} if kind.endswith("_svd") else {}),
            **options,
        )
    a: Tensor = adapted.lora_A["combined"].weight.detach().float()
    b: Tensor = adapted.lora_B["combined"].weight.detach().float()
    return Plain(a.clone(), b.clone())


def _put(layer: Any, name: str, part: Plain) -> None:
    layer.lora_A[name].weight.data = part.a.clone()
    layer.lora_B[name].weight.data = part.b.clone()
