"""Generators: rows of values that fill prompt templates, each with its right answer.

Pure functions of their options and a seed: the same suite asks the same questions on every machine, for ever. Some fill
a suite's own prompts; those that ask bring whole questions of a split (``edgegen.split``), from ``edgegen.tasks``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from edgegen.protocol import field_problems
from edgegen.split import DEV, SEALED
from edgegen.tasks import alert_triage, iot_command, numbers, refusal, sensor_log, sums
from edgegen.tasks import sequences as sequence_task
from edgegen.tasks.dice import Dice

Row = dict[str, Any]

# A generator that finds no new row this often has run out of them.
_TRIES = 10_000

FAMILIES = sequence_task.FAMILIES


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


class Generator(NamedTuple):
    """A generator and the options a suite may give it, as in ``edgegen.protocol.FIELDS``.

    Args:
        asks: Its rows hold the question itself (``prompt``) and the name of its wording (``template``).
        splits: The splits it can ask from; empty where there are none.
    """

    function: Callable[..., Iterator[Row]]
    options: Mapping[str, Mapping[str, Any]]
    required: frozenset[str] = frozenset()
    asks: bool = False
    splits: tuple[str, ...] = ()


_FLAG = {"type": "boolean"}
_BOTH = (SEALED, DEV)


def _asking(function: Callable[..., Iterator[Row]], **options: Mapping[str, Any]) -> Generator:
    return Generator(function, {"split": {"enum": list(_BOTH)}, **options}, asks=True, splits=_BOTH)


GENERATORS: dict[str, Generator] = {
    "sequences": Generator(
        sequences,
        {"family": {"enum": list(FAMILIES)}, "shown": {"type": "integer", "minimum": 3, "maximum": 20}},
        frozenset({"family"}),
    ),
    "famous-numbers": Generator(numbers.famous, {}, asks=True, splits=(SEALED,)),
    "numbers": _asking(
        numbers.questions,
        language={"enum": list(numbers.LANGUAGES)},
        subjects={"type": "array", "minItems": 1, "items": {"enum": list(numbers.SUBJECTS.values())}},
        equal={"type": "integer", "minimum": 0, "maximum": 100},
    ),
    "sums": _asking(sums.questions),
    "iot-command": _asking(iot_command.questions),
    "alert-triage": _asking(alert_triage.questions),
    "sensor-log": _asking(sensor_log.questions),
    "requests": _asking(refusal.questions, harmless=_FLAG),
}

_COMMON: Mapping[str, Mapping[str, Any]] = {
    "seed": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFF},
    "count": {"type": "integer", "minimum": 1, "maximum": 100_000},
}


def generator_of(spec: Mapping[str, Any]) -> Generator | None:
    """The generator that a table names."""
    name = spec.get("name")
    return GENERATORS.get(name) if isinstance(name, str) else None


def split_asked(spec: Mapping[str, Any]) -> str | None:
    """The split whose questions a table asks; None where there is no such thing."""
    generator = generator_of(spec)
    return None if generator is None or not generator.splits else spec.get("split", SEALED)


def rows(spec: Mapping[str, Any]) -> list[Row]:
    """The rows of a generator that ``generator_problems`` has nothing against; no two are the same.

    Raises:
        ValueError: If there are fewer different rows than ``count``.
    """
    generator = GENERATORS[spec["name"]]
    options = {key: value for key, value in spec.items() if key not in ("name", "seed", "count")}
    if "split" in generator.options:
        options.setdefault("split", SEALED)
    source = generator.function(Dice(spec["seed"]), **options)
    found: dict[str, Row] = {}
    for tried, row in enumerate(source):
        found.setdefault(row["prompt"] if generator.asks else str(row), row)
        if len(found) == spec["count"]:
            break
        if tried > _TRIES + 20 * spec["count"]:
            break
    if len(found) < spec["count"]:
        raise ValueError(f"generator.count = {spec['count']}: there are only {len(found)} different rows")
    return list(found.values())


def generator_problems(spec: Mapping[str, Any]) -> list[str]:
    """What is wrong with a generator's table, each with the option and its value."""
    generator = generator_of(spec)
    name = spec.get("name")
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
    return problems
