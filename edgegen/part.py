"""A part of some questions: every Nth of them, so that a long measurement can be cut up and put together again."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import click

T = TypeVar("T")


class Part(NamedTuple):
    """The ``number``-th, from 1, of ``of`` parts; parts differ in length by one at most."""

    number: int
    of: int

    def mine(self, things: Sequence[T]) -> Sequence[T]:
        """Those that belong to it, in their order."""
        return things[self.number - 1 :: self.of]


WHOLE = Part(1, 1)


def together(parts: Sequence[Sequence[T]]) -> list[T]:
    """What ``Part.mine`` took apart, in the first order; ``parts`` are all of them, from the first on.

    Raises:
        ValueError: Their lengths are not those of the parts of one whole.
    """
    count = sum(map(len, parts))
    expected = [len(range(number, count, len(parts))) for number in range(len(parts))]
    if [len(part) for part in parts] != expected:
        raise ValueError(f"parts of {[len(part) for part in parts]} things; {count} things have {expected}")
    return [parts[place % len(parts)][place // len(parts)] for place in range(count)]


def _read(_: click.Context, __: click.Parameter, value: str) -> Part:
    number, _slash, of = value.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter(f"{value!r}: write K/N, the Kth of N parts, such as 1/4")
    return Part(int(number), int(of))


option = click.option(
    "--part",
    metavar="K/N",
    default="1/1",
    callback=_read,
    help="Only the Kth of N parts, each with every Nth question.",
)
