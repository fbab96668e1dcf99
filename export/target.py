"""A size or a loss in, types for every tensor out, with the reason.

Each weight tensor's error is computed at every type, and the KL of the model is measured with one group of tensors
rounded at a time; from these ``export.allocate`` chooses. What the choice really costs is measured afterwards.
"""

import math
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgegen.catalog_fetch import require_space
from edgegen.errors import BundleError
from export.allocate import Allocation, Prices, allocate, largest, prices, smallest
from export.native import call
from export.quantize import TENSOR_TYPES, Recipe, Tensor, plan

# Positions times weights that the measurements may compute: about ten minutes on two cores (docs/decisions/0015).
_BUDGET = 1.2e13
_CHUNK_TOKENS = 512
_LARGEST_VOCABULARY = 262_144
# The types that a group's KL is measured at, the middle of the usual ones first; the second list where a row is no
# whole number of the blocks of the first. Later ones serve for a base that stands on the steps of those before.
_MEASURED_AT = (("Q4_K", "Q5_K", "Q3_K"), ("IQ4_NL", "Q5_0", "Q4_0"))
# IQ3_S and Q4_1 are never on a hull here, F32 and BF16 hold nothing that F16 does not.
_CANDIDATES = tuple(type_ for type_ in TENSOR_TYPES if type_ not in ("IQ3_S", "Q4_1", "F32", "BF16"))
# What general.file_type says of a mixed file whose middle type is this.
_MIXTURES = {
    "Q2_K": "Q2_K",
    "Q3_K": "Q3_K_M",
    "IQ4_XS": "IQ4_XS",
    "IQ4_NL": "IQ4_NL",
    "Q4_0": "Q4_0",
    "Q4_K": "Q4_K_M",
    "Q5_0": "Q5_0",
    "Q5_1": "Q5_1",
    "Q5_K": "Q5_K_M",
    "Q6_K": "Q6_K",
    "Q8_0": "Q8_0",
    "F16": "Q8_0",
}
# Quantised files that are measured until the KL fits.
_ATTEMPTS = 5
# A file whose KL is within this share below the target is good enough.
_CLOSE = 0.05
_BLOCK = re.compile(r"blk\.(\d+)\.(.+)")

Say = Callable[[str], object]


@dataclass(frozen=True)
class Choice:
    """A recipe, and why.

    Args:
        expected_kl: What the measurements add up to, in nats a token.
        reasons: A line each.
    """

    recipe: Recipe
    size_bytes: int
    expected_kl: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Market:
    """What every type of every tensor costs, and what the rest of the file takes.

    Args:
        other_bytes: Header, norms, padding.
    """

    source: Path
    imatrix: Path | None
    lists: Prices
    other_bytes: int
    groups: Mapping[str, float]

    def smallest(self) -> int:
        """The smallest file, in bytes."""
        return self.other_bytes + smallest(self.lists)

    def choose(self, size_bytes: int) -> Choice:
        """The best file of at most this size.

        Raises:
            BundleError: If none is so small, with the smallest there is.
        """
        found = allocate(self.lists, size_bytes - self.other_bytes)
        if found is None:
            raise _too_small(self.source, size_bytes, self.smallest())
        return Choice(
            Recipe(_mixture(found, self.lists), tuple(rules(found.types)), self.imatrix),
            found.size_bytes + self.other_bytes,
            found.kl,
            tuple(_reasons(found, self)),
        )


def refuse_too_small(
    source: Path, size_bytes: int, *, imatrix: Path | None, log: Path, left_out: Collection[str] = ()
) -> None:
    """Refuse a size before anything is measured.

    Args:
        left_out: Types that are not to be chosen.

    Raises:
        BundleError: If everything in the smallest type is larger, with how large that is.
    """
    smallest_type = next(type_ for type_ in _CANDIDATES if type_ not in left_out)
    recipe = Recipe(_MIXTURES[smallest_type], ((".", smallest_type),), imatrix)
    least = plan(source, recipe, log=log).size_bytes
    if size_bytes < least:
        raise _too_small(source, size_bytes, least)


def _too_small(source: Path, size_bytes: int, least: int) -> BundleError:
    return BundleError(
        f"--target-size {size_bytes / 1e6:,.1f} MB: the smallest that {source.name} can be is {least / 1e6:,.1f} MB. "
        "Take a larger size, or a smaller base."
    )


def survey(
    source: Path, text: str, *, imatrix: Path | None, log: Path, say: Say, left_out: Collection[str] = ()
) -> Market:
    """Measure what each tensor's rounding costs.

    Args:
        text: To measure on; not the text of the final proof.
        left_out: Types that are not to be chosen. Over a base that was quantised before, rounding to its own type looks
            free, since all but the adapter's change is on its steps already.

    Raises:
        BundleError: If there is too little disk for a second 16-bit file, or a child fails.
    """
    base = plan(source, Recipe("Q8_0", imatrix=imatrix), log=log)
    weights = [tensor for tensor in base.tensors if tensor.quantised]
    groups, chunks = grouped(weights, left_out)
    words = next(
        (tensor.shape[1] for tensor in base.tensors if tensor.name == "token_embd.weight"), _LARGEST_VOCABULARY
    )
    # A copy of the 16-bit file, and the second half of each chunk's logits in float32.
    needed = source.stat().st_size + chunks * _CHUNK_TOKENS // 2 * words * 4
    require_space(log.parent, needed, "what a target measures")
    say(f"measuring what rounding costs: {len(groups)} groups of {len(weights)} tensors, {chunks} chunks of text")
    with tempfile.TemporaryDirectory(prefix="sensitivity-", dir=log.parent) as scratch:
        told = call(
            "sensitivity",
            {
                "source": str(source),
                "scratch": scratch,
                "text": text,
                "chunks": chunks,
                "groups": groups,
                "types": list(_CANDIDATES),
                "imatrix": None if imatrix is None else str(imatrix),
            },
            log,
            say,
        )
    lists = {
        name: {type_: price for type_, price in options.items() if type_ not in left_out}
        for name, options in prices(told["errors"], groups, told["kl"]).items()
    }
    other = base.size_bytes - sum(tensor.size_bytes for tensor in weights)
    return Market(source, imatrix, lists, other, told["kl"])


def grouped(weights: Sequence[Tensor], left_out: Collection[str] = ()) -> tuple[dict[str, dict[str, str]], int]:
    """Which tensors are measured together, at which type; and on how many chunks.

    A small model is measured tensor by tensor; of a large one, neighbouring layers' tensors of a kind share a
    measurement. It depends on the model alone, so that an export gives the same bytes again.
    """
    values = sum(tensor.values for tensor in weights)
    chunks = 4 if values < 5e8 else 2 if values < 4e9 else 1
    layers = 1 + max((int(match[1]) for t in weights if (match := _BLOCK.fullmatch(t.name))), default=0)
    kinds = {match[2] for t in weights if (match := _BLOCK.fullmatch(t.name))}
    affordable = _BUDGET / (max(1, len(kinds)) * chunks * _CHUNK_TOKENS * values)
    bands = max(1, min(layers, int(affordable)))
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    fine, coarse = (next((type_ for type_ in types if type_ not in left_out), types[0]) for types in _MEASURED_AT)
    for tensor in weights:
        match = _BLOCK.fullmatch(tensor.name)
        name = tensor.name
        if match:
            band = int(match[1]) * bands // layers
            first, last = -(-band * layers // bands), -(-(band + 1) * layers // bands) - 1
            name = f"blk.{first}-{last}.{match[2]}" if first < last else f"blk.{first}.{match[2]}"
        groups[name][tensor.name] = fine if tensor.shape[0] % 256 == 0 else coarse
    return dict(groups), chunks


def for_kl(market: Market, kl: float, measure: Callable[[Choice], float], say: Say) -> Choice:
    """The smallest file whose measured KL is at most ``kl``.

    The prices say how the loss moves with the size; how much there is of it is measured on whole files, and the prices
    are scaled by what was found.

    Raises:
        BundleError: If no file is so good, with the best there is.
    """
    best: Choice | None = None
    best_kl = math.inf
    scale, wanted, tried = 1.0, kl, list[Recipe]()
    top = market.other_bytes + largest(market.lists)
    for _ in range(_ATTEMPTS):
        choice = market.choose(_size_for(market, wanted / scale, top))
        if choice.recipe in tried:
            break
        tried.append(choice.recipe)
        found = measure(choice)
        say(f"{choice.size_bytes / 1e6:,.1f} MB: KL {found:.3g}, and {kl:.3g} is asked")
        if found <= kl and (best is None or choice.size_bytes < best.size_bytes):
            best = choice
        best_kl = min(best_kl, found)
        if kl * (1 - _CLOSE) <= found <= kl or (choice.size_bytes == market.smallest() and found <= kl):
            break
        if choice.size_bytes >= top and found > kl:
            break
        scale = found / choice.expected_kl if choice.expected_kl > 0 else scale
        # The middle of what is good enough, or else rounding decides whether it is a little too much.
        wanted = kl * (1 - _CLOSE / 2)
    if best is None:
        raise BundleError(
            f"--target-kl {kl}: the best that was reached is {best_kl:.5f} nats a token, in {top / 1e6:,.1f} MB at "
            "most. Take a larger figure, or --quant F16."
        )
    return best


def _size_for(market: Market, kl: float, top: int) -> int:
    """The smallest file whose expected KL is at most ``kl``, in bytes."""
    low, high = market.smallest(), top
    while high - low > max(1024, top // 2000):
        middle = (low + high) // 2
        if market.choose(middle).expected_kl <= kl:
            high = middle
        else:
            low = middle
    return high if market.choose(low).expected_kl > kl else low


def rules(types: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Few patterns that say the type of every tensor."""
    layers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, type_ in sorted(types.items()):
        match = _BLOCK.fullmatch(name)
        if match:
            layers[match[2], type_].append(int(match[1]))
        else:
            yield f"^{re.escape(name)}$", type_
    for (kind, type_), numbers in sorted(layers.items()):
        yield rf"^blk\.({'|'.join(map(str, sorted(numbers)))})\.{re.escape(kind)}$", type_


def _mixture(found: Allocation, lists: Prices) -> str:
    """The mixture of the middle type: half the bytes are in types of fewer bits, half in types of more."""
    order = {type_: i for i, type_ in enumerate(TENSOR_TYPES)}
    sizes = sorted((order[type_], lists[name][type_][0], type_) for name, type_ in found.types.items())
    half = sum(size for _, size, _ in sizes) / 2
    for _, size, type_ in sizes:
        half -= size
        if half <= 0:
            return _MIXTURES[type_]
    raise AssertionError("there are no tensors")


def _reasons(found: Allocation, market: Market) -> Iterable[str]:
    """What each kind of tensor got, dearest first: the share of the whole loss, were all at the measured type."""
    total = sum(market.groups.values())
    loss: dict[str, float] = defaultdict(float)
    for group, kl in market.groups.items():
        loss[_kind(group)] += kl
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, type_ in found.types.items():
        counts[_kind(name)][type_] += 1
    order = {type_: i for i, type_ in enumerate(TENSOR_TYPES)}
    for kind in sorted(loss, key=lambda kind: -loss[kind]):
        got = sorted(counts[kind].items(), key=lambda item: -order[item[0]])
        listed = ", ".join(f"{count} x {type_}" if len(got) > 1 else type_ for type_, count in got)
        yield f"{kind}: {loss[kind] / total:.0%} of what 4 bits cost -> {listed}"


def _kind(name: str) -> str:
    return re.sub(r"^blk\.[\d-]+\.", "", name).removesuffix(".weight")


def with_imatrix(recipe: Recipe, imatrix: Path | None) -> Recipe:
    """The same with an importance matrix."""
    return replace(recipe, imatrix=imatrix)


SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|KIB|MIB|GIB)?", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_size(text: str) -> int:
    """``90MB``, ``1.5 GiB`` or a number of bytes.

    Raises:
        BundleError: If it is none.
    """
    match = SIZE.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        raise BundleError(f"--target-size {text}: not a size. Write it like 90MB or 1.5GiB.")
    return int(float(match[1]) * _UNITS[(match[2] or "B").upper()])
