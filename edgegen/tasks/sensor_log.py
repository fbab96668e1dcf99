"""A few lines of a sensor's log, and a summary of what stands in them: extremes with their times, gaps, the last value.

Answer: "6 readings from 08:00 to 13:00. Lowest: 20.1 °C at 08:00. Highest: 23.4 °C at 11:00. Missing: 12:00. Last: 22.8
°C."
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgegen.split import names_famous, split_of
from edgegen.tasks.alert_wordings import DEVICES
from edgegen.tasks.dice import Dice

Row = dict[str, Any]

WORDINGS: Mapping[str, Sequence[str]] = {
    "train": (
        "Summarise this log of the {d} ({q}):\n{log}",
        "{log}\nThis is the {q} of the {d}. Give a short summary.",
        "Log of the {d}, {q}:\n{log}\nWhat stands in it?",
        "Sum up the {q} readings of the {d}.\n{log}",
        "Shift report, please. {d}, {q}:\n{log}",
        "Here are the values for the {q} of the {d}:\n{log}\nSay what matters.",
        "Please condense:\n{d} {q}\n{log}",
        "Tell me the lowest, the highest and the last {q} of the {d}, and what is missing.\n{log}",
    ),
    "dev": ("Give me an overview of the {d}'s {q}:\n{log}",),
    "sealed": (
        "Write a summary of these {q} readings from the {d}:\n{log}",
        "What happened to the {q} of the {d}?\n{log}",
        "{d} - {q} - log\n{log}\nSummary?",
    ),
}
_LAYOUTS = ("{t} {v} {u}", "{t}: {v} {u}", "{t}  {v}{u}", "{t};{v};{u}")


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Logs of a split.

    Yields:
        Rows with ``prompt``, ``template``, ``low``, ``high`` and ``last`` (as text), ``missing`` and ``answer``.
    """
    while True:
        for place, text in dice.shuffled(list(enumerate(WORDINGS[split]))):
            device = dice.pick(DEVICES[split])
            values, times = _values(dice, device.low, device.high)
            layout = dice.pick(_LAYOUTS)
            lines = [
                layout.format(t=time, v="-" if value is None else f"{value:g}", u=device.unit).rstrip()
                for time, value in zip(times, values, strict=True)
            ]
            log = "\n".join(lines)
            if names_famous(log) or split_of("sensor-log", log) != split:
                continue
            facts = _facts(values, times, device.unit)
            prompt = text.format(d=device.name, q=device.quantity, log=log)
            yield {"prompt": prompt, "template": f"log{place + 1}", **facts}


def _values(dice: Dice, low: int, high: int) -> tuple[list[float | None], list[str]]:
    """Readings at equal distances, no two alike; one in three logs misses one of them."""
    count, start, step = dice.between(4, 8), dice.between(0, 20), dice.pick((10, 15, 20, 30))
    values: list[float | None] = []
    value = dice.between(low * 10, high * 10) / 10
    while len(values) < count:
        value = round(value + dice.between(-40, 40) / 10, 1)
        if value not in values:
            values.append(value)
    if dice.chance(33):
        values[dice.between(1, count - 2)] = None
    minutes = [start * 60 + step * place for place in range(count)]
    return values, [f"{minute // 60 % 24:02}:{minute % 60:02}" for minute in minutes]


def _facts(values: Sequence[float | None], times: Sequence[str], unit: str) -> dict[str, str]:
    known = [(value, time) for value, time in zip(values, times, strict=True) if value is not None]
    (low, low_at), (high, high_at) = min(known), max(known)
    missing = [time for value, time in zip(values, times, strict=True) if value is None]
    answer = (
        f"{len(known)} readings from {times[0]} to {times[-1]}. Lowest: {low:g} {unit} at {low_at}. "
        f"Highest: {high:g} {unit} at {high_at}. Missing: {', '.join(missing) or 'none'}. "
        f"Last: {known[-1][0]:g} {unit}."
    )
    return {
        "low": f"{low:g} {unit} at {low_at}",
        "high": f"{high:g} {unit} at {high_at}",
        "last": f"Last: {known[-1][0]:g} {unit}",
        "missing": f"Missing: {', '.join(missing) or 'none'}",
        "answer": answer,
    }
