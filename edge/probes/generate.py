"""Generators: rows of values that fill prompt templates, each with its right answer.

Pure functions of their options and a seed: the same suite asks the same questions on every machine, for ever.
``random.Random`` promises that only for ``random()`` ("Notes on Reproducibility" in its documentation), so everything
is drawn through that one method.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from edgegen.protocol import field_problems

Row = dict[str, Any]

# The pair that everybody asks about stands only in the probes that name it, so that a training set made with these
# generators never holds it.
FAMOUS = frozenset({Decimal("9.11"), Decimal("9.9")})

# A generator that finds no new row this often has run out of them.
_TRIES = 10_000


class Dice:
    """Draws that stay the same in every Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - for questions, not for secrets

    def below(self, n: int) -> int:
        """A whole number from 0 to ``n`` - 1."""
        return int(self._random.random() * n)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Any]) -> Any:
        """One of ``items``."""
        return items[self.below(len(items))]


def number_pairs(dice: Dice, *, low: int = 0, high: int = 99, max_decimals: int = 3) -> Iterator[Row]:
    """Two decimals with the same whole part and fractions of unequal length, without trailing zeros.

    Half are traps, in which the shorter fraction is the larger number (9.8 and 9.12: read as whole numbers, or as
    versions, 12 is more than 8); in the rest the longer one is. Of every four rows each kind stands once in each
    order, so neither "the first", "the longer" nor "the one that looks larger" does better than half.

    Yields:
        Rows with ``a``, ``b``, ``larger`` and ``smaller``, as written in the question.
    """
    block: list[tuple[bool, bool]] = []
    while True:
        block = block or [(is_trap, short_first) for is_trap in (True, False) for short_first in (True, False)]
        is_trap, short_first = block.pop(dice.below(len(block)))
        short, long = _unequal(dice, dice.between(low, high), max_decimals, short_is_larger=is_trap)
        larger, smaller = (short, long) if is_trap else (long, short)
        a, b = (short, long) if short_first else (long, short)
        yield {"a": a, "b": b, "larger": larger, "smaller": smaller}


def _unequal(dice: Dice, whole: int, max_decimals: int, *, short_is_larger: bool) -> tuple[str, str]:
    while True:
        digits = dice.between(1, max_decimals - 1)
        short, long = _decimal(dice, whole, digits), _decimal(dice, whole, dice.between(digits + 1, max_decimals))
        if {Decimal(short), Decimal(long)} != FAMOUS and (Decimal(short) > Decimal(long)) == short_is_larger:
            return short, long


def _decimal(dice: Dice, whole: int, digits: int) -> str:
    middle = "".join(str(dice.below(10)) for _ in range(digits - 1))
    return f"{whole}.{middle}{dice.between(1, 9)}"


def _recurrence(first: int, second: int, p: int, q: int, length: int) -> list[int]:
    """x(n) = p x(n-1) + q x(n-2)."""
    terms = [first, second]
    while len(terms) < length:
        terms.append(p * terms[-1] + q * terms[-2])
    return terms


def _fibonacci(dice: Dice, length: int) -> list[int]:
    first = dice.between(0, 9)
    return _recurrence(first, dice.between(max(first, 1), first + 9), 1, 1, length)


def _pell(dice: Dice, length: int) -> list[int]:
    first = dice.between(0, 3)
    return _recurrence(first, dice.between(first + 1, first + 4), 2, 1, length)


def _arithmetic(dice: Dice, length: int) -> list[int]:
    first, step = dice.between(0, 40), dice.between(2, 15)
    return [first + step * i for i in range(length)]


def _geometric(dice: Dice, length: int) -> list[int]:
    first, ratio = dice.between(1, 9), dice.between(2, 4)
    return [first * ratio**i for i in range(length)]


def _squares(dice: Dice, length: int) -> list[int]:
    first, offset = dice.between(1, 9), dice.between(0, 9)
    return [(first + i) ** 2 + offset for i in range(length)]


FAMILIES: dict[str, Callable[[Dice, int], list[int]]] = {
    "fibonacci": _fibonacci,
    "pell": _pell,
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "squares": _squares,
}


def sequences(dice: Dice, *, family: str, shown: int = 6) -> Iterator[Row]:
    """The beginning of a sequence and its next term.

    ``fibonacci`` is x(n) = x(n-1) + x(n-2) from two random terms, ``pell`` x(n) = 2 x(n-1) + x(n-2), ``arithmetic`` has
    a constant difference, ``geometric`` a constant ratio, ``squares`` are consecutive squares plus a constant.

    Yields:
        Rows with ``sequence`` ("2, 3, 5, 8") and ``next`` (13).
    """
    while True:
        terms = FAMILIES[family](dice, shown + 1)
        yield {"sequence": ", ".join(map(str, terms[:-1])), "next": terms[-1]}


_SWITCHED = ("lamp", "fan", "pump", "heater", "siren", "valve", "compressor", "conveyor", "sprinkler", "camera")
_PLACES = ("kitchen", "garage", "cellar", "greenhouse", "workshop", "warehouse", "office", "stable", "attic", "yard")
_QUANTITIES = (("thermostat", "degrees", 5, 30), ("dimmer", "percent", 1, 100), ("blind", "percent", 0, 100))


def iot_commands(dice: Dice) -> Iterator[Row]:
    """A sentence that a person says to a gateway, and the command that it means.

    Two of three switch something on or off, one sets a value.

    Yields:
        Rows with ``command`` (the sentence), ``device``, ``place`` and ``expected``, the document
        ``{"device", "place", "action", "value"}`` with action ``on``, ``off`` or ``set`` and value null unless set.
    """
    while True:
        place = dice.pick(_PLACES)
        if dice.below(3) < 2:
            device, action, value = dice.pick(_SWITCHED), dice.pick(("on", "off")), None
            command = dice.pick(
                (f"Turn {action} the {device} in the {place}.", f"Switch the {place} {device} {action}.")
            )
        else:
            device, unit, low, high = dice.pick(_QUANTITIES)
            action, value = "set", dice.between(low, high)
            command = dice.pick(
                (f"Set the {device} in the {place} to {value} {unit}.", f"Set the {place} {device} to {value} {unit}.")
            )
        expected = {"device": device, "place": place, "action": action, "value": value}
        yield {"command": command, "device": device, "place": place, "expected": expected}


class Generator(NamedTuple):
    """A generator and the options a suite may give it, as in ``edgegen.protocol.FIELDS``."""

    function: Callable[..., Iterator[Row]]
    options: Mapping[str, Mapping[str, Any]]
    required: frozenset[str] = frozenset()


GENERATORS: dict[str, Generator] = {
    "number-pairs": Generator(
        number_pairs,
        {
            "low": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
            "high": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
            "max_decimals": {"type": "integer", "minimum": 2, "maximum": 9},
        },
    ),
    "sequences": Generator(
        sequences,
        {"family": {"enum": list(FAMILIES)}, "shown": {"type": "integer", "minimum": 3, "maximum": 20}},
        frozenset({"family"}),
    ),
    "iot-commands": Generator(iot_commands, {}),
}

_COMMON: Mapping[str, Mapping[str, Any]] = {
    "seed": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFF},
    "count": {"type": "integer", "minimum": 1, "maximum": 100_000},
}


def rows(spec: Mapping[str, Any]) -> list[Row]:
    """The rows of a generator that ``generator_problems`` has nothing against; no two are the same.

    Raises:
        ValueError: If there are fewer different rows than ``count``.
    """
    options = {key: value for key, value in spec.items() if key not in ("name", "seed", "count")}
    source = GENERATORS[spec["name"]].function(Dice(spec["seed"]), **options)
    found: dict[str, Row] = {}
    for tried, row in enumerate(source):
        found.setdefault(str(row), row)
        if len(found) == spec["count"]:
            break
        if tried > _TRIES + 20 * spec["count"]:
            raise ValueError(f"generator.count = {spec['count']}: there are only {len(found)} different rows")
    return list(found.values())


def generator_problems(spec: Mapping[str, Any]) -> list[str]:
    """What is wrong with a generator's table, each with the option and its value."""
    name = spec.get("name")
    generator = GENERATORS.get(name) if isinstance(name, str) else None
    if generator is None:
        return [f"generator.name is {name!r}; use one of {', '.join(GENERATORS)}"]
    options = {**_COMMON, **generator.options}
    problems = [
        f"generator.{option} = {value!r}: unknown for {name}; known: {', '.join(options)}"
        for option, value in spec.items()
        if option != "name" and option not in options
    ]
    if "seed" not in spec:
        problems.append(f"generator {name} has no seed; give one, e.g. seed = 1, so that every run asks the same")
    problems += [f"generator {name} needs {option}" for option in sorted({"count", *generator.required} - spec.keys())]
    for option, schema in options.items():
        if option in spec:
            problems += field_problems(f"generator.{option}", spec[option], schema)
    if not problems and name == "number-pairs" and spec.get("low", 0) > spec.get("high", 99):
        problems.append(f"generator.low = {spec.get('low', 0)}: is above high = {spec.get('high', 99)}")
    return problems
