"""Which type for which tensor, so that a file of a given size loses least. Decisions only: numbers in, types out.

KL to the 16-bit model is, for small roundings, quadratic in them, and roundings of different tensors hardly correlate:
what they cost adds up. So a tensor has a price list, type -> (bytes, nats), and the best choice under a size is that of
one exchange rate between nats and bytes for all (Everett 1963, generalised Lagrange multipliers), found by walking down
the convex hulls of the lists, steepest step first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Tensor -> type -> (size in bytes, cost in nats a token).
Prices = Mapping[str, Mapping[str, tuple[int, float]]]


@dataclass(frozen=True)
class Allocation:
    """A type for each tensor.

    Args:
        kl: What the prices say it costs together, in nats a token.
    """

    types: Mapping[str, str]
    size_bytes: int
    kl: float


def prices(
    errors: Mapping[str, Mapping[str, Sequence[float]]],
    groups: Mapping[str, Mapping[str, str]],
    kl: Mapping[str, float],
) -> dict[str, dict[str, tuple[int, float]]]:
    """Price lists from errors at every type and the KL measured at one.

    A group's KL is divided among its tensors by their errors at the types it was measured at; a tensor's cost at
    another type is in proportion to its error there.

    Args:
        errors: Tensor -> type -> [size in bytes, error].
        groups: Group -> tensor -> type that the group's KL was measured at.
        kl: Group -> nats a token.
    """
    result = {}
    for group, members in groups.items():
        total = sum(errors[name][type_][1] for name, type_ in members.items())
        rate = kl[group] / total if total > 0 else 0.0
        for name in members:
            result[name] = {type_: (int(size), rate * error) for type_, (size, error) in errors[name].items()}
    return result


def allocate(lists: Prices, room_bytes: int) -> Allocation | None:
    """The types that cost least in ``room_bytes``; None when not even the smallest fit."""
    hulls = {name: _hull(options) for name, options in lists.items()}
    at = dict.fromkeys(hulls, 0)
    size = sum(hull[0][1] for hull in hulls.values())
    if size > room_bytes:
        return None
    steps = sorted(
        ((_slope(hull, i), name, i) for name, hull in hulls.items() for i in range(1, len(hull))),
        key=lambda step: (-step[0], step[1], step[2]),
    )
    # A step that does not fit is passed by, with those after it on its hull; smaller ones of others may still fit.
    for _, name, i in steps:
        more = hulls[name][i][1] - hulls[name][i - 1][1]
        if at[name] == i - 1 and size + more <= room_bytes:
            at[name], size = i, size + more
    types = {name: hulls[name][at[name]][0] for name in hulls}
    kl = sum(hulls[name][i][2] for name, i in at.items())
    return Allocation(types, size, kl)


def smallest(lists: Prices) -> int:
    """The least room that any choice needs, in bytes."""
    return sum(min(size for size, _ in options.values()) for options in lists.values())


def largest(lists: Prices) -> int:
    """The room beyond which nothing gets better, in bytes."""
    return sum(_hull(options)[-1][1] for options in lists.values())


def _hull(options: Mapping[str, tuple[int, float]]) -> list[tuple[str, int, float]]:
    """Type, size, cost along the lower convex hull, from the smallest size to the lowest cost."""
    points = sorted(((size, cost, type_) for type_, (size, cost) in options.items()))
    hull: list[tuple[str, int, float]] = []
    for size, cost, type_ in points:
        if hull and (cost >= hull[-1][2] or size == hull[-1][1]):
            continue
        while len(hull) > 1 and _rate(hull[-2], hull[-1]) <= _rate(hull[-2], (type_, size, cost)):
            hull.pop()
        hull.append((type_, size, cost))
    return hull


def _rate(one: tuple[str, int, float], other: tuple[str, int, float]) -> float:
    """Nats saved a byte between two points."""
    return (one[2] - other[2]) / (other[1] - one[1])


def _slope(hull: Sequence[tuple[str, int, float]], i: int) -> float:
    return _rate(hull[i - 1], hull[i])
