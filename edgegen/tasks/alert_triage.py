"""A reading with its limits and its circumstances, and what it means: severity, cause and what to do.

The label follows from the text alone, by five rules, the first that applies:

1. A hazard (smoke, gas, flame, water where none belongs) is ``critical``, ``hazard``, ``shut_down``.
2. A sensor that gives no or impossible values is ``warning``, ``sensor_fault``, ``check_sensor``.
3. A device under maintenance or test is ``info``, ``maintenance``, ``none``, whatever it reads.
4. A reading beyond the alarm limit is ``critical``, beyond the warning limit ``warning``; the cause is ``high`` or
   ``low``, the action ``shut_down`` or ``inspect``.
5. Anything else is ``info``, ``normal``, ``none``.

A value that equals a limit is within it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from edgegen.split import names_famous, split_of
from edgegen.tasks.dice import Dice

Row = dict[str, Any]

SEVERITIES = ("info", "warning", "critical")
CAUSES = ("normal", "high", "low", "sensor_fault", "hazard", "maintenance")
ACTIONS = ("none", "inspect", "check_sensor", "shut_down")

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "severity": {"enum": list(SEVERITIES)},
        "cause": {"enum": list(CAUSES)},
        "action": {"enum": list(ACTIONS)},
    },
    "required": ["severity", "cause", "action"],
    "additionalProperties": False,
}

LABELS: Mapping[str, tuple[str, str, str]] = {
    "normal": ("info", "normal", "none"),
    "warn high": ("warning", "high", "inspect"),
    "warn low": ("warning", "low", "inspect"),
    "high": ("critical", "high", "shut_down"),
    "low": ("critical", "low", "shut_down"),
    "fault": ("warning", "sensor_fault", "check_sensor"),
    "hazard": ("critical", "hazard", "shut_down"),
    "maintenance": ("info", "maintenance", "none"),
}


class Device(NamedTuple):
    """What is measured on a device, and the range of its warning limit."""

    name: str
    quantity: str
    unit: str
    low: int
    high: int


def _devices(*rows: tuple[str, str, str, int, int]) -> tuple[Device, ...]:
    return tuple(Device(*row) for row in rows)


DEVICES: Mapping[str, Sequence[Device]] = {
    "train": _devices(
        ("boiler", "temperature", "°C", 60, 95), ("pump", "pressure", "bar", 4, 12),
        ("compressor", "pressure", "bar", 6, 16), ("cold store", "temperature", "°C", 4, 12),
        ("motor", "vibration", "mm/s", 4, 12), ("transformer", "oil temperature", "°C", 70, 100),
        ("server rack", "inlet temperature", "°C", 25, 38), ("battery", "cell voltage", "mV", 3600, 4200),
        ("tank", "level", "%", 70, 95), ("greenhouse", "humidity", "%", 60, 90),
        ("gearbox", "oil temperature", "°C", 70, 110), ("fan", "current", "A", 3, 20),
        ("conveyor", "belt speed", "cm/s", 40, 200), ("freezer", "temperature", "°C", -16, -8),
        ("inverter", "temperature", "°C", 55, 85), ("well", "water level", "cm", 150, 400),
        ("chiller", "flow", "l/min", 20, 120), ("laboratory", "CO2", "ppm", 900, 2000),
        ("bearing 2", "temperature", "°C", 60, 90), ("mixer", "torque", "Nm", 40, 300),
    ),
    "dev": _devices(
        ("heat exchanger", "outlet temperature", "°C", 50, 90), ("crusher", "vibration", "mm/s", 5, 15),
        ("stable", "ammonia", "ppm", 15, 40), ("hydraulic press", "oil pressure", "bar", 100, 220),
    ),
    "sealed": _devices(
        ("incinerator", "chamber temperature", "°C", 700, 950), ("wind turbine", "rotor speed", "rpm", 14, 30),
        ("aquarium", "water temperature", "°C", 26, 32), ("elevator", "brake current", "A", 5, 25),
        ("silo", "fill level", "%", 75, 95), ("autoclave", "steam pressure", "kPa", 150, 320),
        ("data logger", "supply voltage", "mV", 3300, 5200), ("dryer", "exhaust temperature", "°C", 60, 120),
    ),
}  # fmt: skip

# {d} device, {q} quantity, {x} the reading with its unit, {w} warning and {a} alarm limit, {W} and {A} those below,
# {b} a state of the third kind, {h} a hazard, {f} a fault. One of the forms is drawn for the case at hand.
READINGS: Mapping[str, Sequence[str]] = {
    "train": (
        "The {q} of the {d} is {x}.",
        "{d}: {q} {x}.",
        "Reading from the {d}: {q} = {x}.",
        "At the {d} a {q} of {x} was measured.",
        "device={d} {q}={x}.",
        "The {d} reports {x} ({q}).",
        "Alert from {d}. Measured {q}: {x}.",
        "Just now the {d} sent a {q} of {x}.",
        "{q} at the {d}: {x}.",
        "New value for {q} of the {d}: {x}.",
    ),
    "dev": ("The {d} shows {x} as its {q}.", "We see {x} for the {q} of the {d}."),
    "sealed": (
        "A {q} of {x} comes from the {d}.",
        "The latest {q} from the {d} is {x}.",
        "Sensor message: {d}, {q}, {x}.",
        "{x} is what the {d} gives as {q}.",
    ),
}
HIGH_LIMITS: Mapping[str, Sequence[str]] = {
    "train": (
        "Warning above {w}, alarm above {a}.",
        "The warning limit is {w} and the alarm limit {a}.",
        "Limits: warning {w}, alarm {a}.",
        "It should not exceed {w}; more than {a} is dangerous.",
        "Up to {w} is normal, above {a} is an alarm.",
        "warn>{w} alarm>{a}",
        "Anything over {w} needs a look, anything over {a} a stop.",
        "Allowed maximum: {w}. Critical maximum: {a}.",
    ),
    "dev": ("Values above {w} are a warning and values above {a} an alarm.",),
    "sealed": (
        "It warns from above {w} and alarms from above {a}.",
        "Normal is at most {w}; an alarm is anything beyond {a}.",
        "Upper limits: {w} for a warning, {a} for an alarm.",
    ),
}
LOW_LIMITS: Mapping[str, Sequence[str]] = {
    "train": (
        "Warning below {w}, alarm below {a}.",
        "The lower warning limit is {w} and the lower alarm limit {a}.",
        "Lower limits: warning {w}, alarm {a}.",
        "It should not fall below {w}; less than {a} is dangerous.",
        "Down to {w} is normal, below {a} is an alarm.",
        "warn<{w} alarm<{a}",
        "Anything under {w} needs a look, anything under {a} a stop.",
        "Allowed minimum: {w}. Critical minimum: {a}.",
    ),
    "dev": ("Values below {w} are a warning and values below {a} an alarm.",),
    "sealed": (
        "It warns from below {w} and alarms from below {a}.",
        "Normal is at least {w}; an alarm is anything less than {a}.",
        "Minimum limits: {w} for a warning, {a} for an alarm.",
    ),
}
HAZARDS: Mapping[str, Sequence[str]] = {
    "train": (
        "Smoke was detected near the {d}.",
        "The gas detector at the {d} has tripped.",
        "A flame was seen at the {d}.",
        "There is water on the floor under the {d}.",
        "The {d} smells of burning and smoke comes out.",
        "Gas leak reported beside the {d}.",
        "Fire alarm in the room of the {d}.",
        "The flood sensor below the {d} is wet.",
    ),
    "dev": ("The smoke detector above the {d} went off.", "Water is leaking from the {d}."),
    "sealed": (
        "There is smoke coming from the {d}.",
        "A gas alarm sounds next to the {d}.",
        "Flames were reported at the {d}.",
        "The leak sensor under the {d} found water.",
    ),
}
FAULTS: Mapping[str, Sequence[str]] = {
    "train": (
        "The {q} sensor of the {d} has sent nothing for {n} hours.",
        "The {d} reports {q} = NaN.",
        "No {q} value from the {d} since {n} hours.",
        "The {q} sensor of the {d} is disconnected.",
        "The {d} has sent exactly the same {q} for {n} days.",
        "{d}: {q} n/a, sensor error.",
        "The {q} of the {d} reads -9999, which is impossible.",
        "The {q} probe of the {d} returns null.",
    ),
    "dev": ("The {d} has been silent about its {q} for {n} hours.", "The {q} sensor at the {d} answers with an error."),
    "sealed": (
        "For {n} hours there has been no {q} from the {d}.",
        "The {q} sensor on the {d} is broken and gives no value.",
        "The {d} sends null as its {q}.",
        "The {q} shown for the {d} has not changed at all for {n} days.",
    ),
}
MAINTENANCE: Mapping[str, Sequence[str]] = {
    "train": (
        "The {d} is under maintenance.",
        "A technician is testing the {d} right now.",
        "This is a planned test of the {d}.",
        "Maintenance mode is on for the {d}.",
        "The {d} is being serviced today.",
        "Note: test run of the {d}, announced yesterday.",
    ),
    "dev": ("Service work on the {d} is going on.",),
    "sealed": (
        "The {d} is in its planned maintenance.",
        "Somebody is servicing the {d} at the moment.",
        "A test of the {d} is running as announced.",
    ),
}
# Said without any weight for the label.
ASIDES: Mapping[str, Sequence[str]] = {
    "train": ("", "", "", "", "It was {r} before.", "The last service was {n} months ago.", "Operator on duty: Kim.",
              "Outside it is raining.", "The door is closed."),
    "dev": ("", "The shift changes in {n} hours."),
    "sealed": ("", "The unit is {n} years old.", "Another unit of this kind works well."),
}  # fmt: skip
FRAMES: Mapping[str, Sequence[str]] = {
    "train": (
        "{s}",
        "Triage this alert: {s}",
        "{s}\nHow severe is it? Answer as JSON.",
        'Give "severity", "cause" and "action" as JSON.\n{s}',
        "Alert: {s}",
        "Classify the message. {s}",
        "What should be done? {s}",
    ),
    "dev": ("{s}", "Assess this message: {s}"),
    "sealed": ("{s}", "Judge this alert and reply with JSON: {s}"),
}

# Percent of the questions of each case: the three severities come out about equally often.
_CASES = (
    ("normal", 22), ("maintenance", 11), ("warn high", 13), ("warn low", 10), ("fault", 10), ("high", 13),
    ("low", 10), ("hazard", 11),
)  # fmt: skip


_DRAWN = tuple(case for case, share in _CASES for _ in range(share))


def templates(split: str) -> list[str]:
    """Every wording of a split."""
    tables = (READINGS, HIGH_LIMITS, LOW_LIMITS, HAZARDS, FAULTS, MAINTENANCE, ASIDES, FRAMES)
    return [text for table in tables for text in table[split] if text not in ("", "{s}")]


def _value(number: float, unit: str) -> str:
    return f"{number:g} {unit}"


def _limits(dice: Dice, device: Device, *, upper: bool) -> tuple[float, float]:
    """Warning and alarm limit; the distance between them is a tenth to a third of the usual range."""
    span = max(2, device.high - device.low)
    warning = dice.between(device.low, device.high)
    distance = max(1, round(span * dice.between(20, 60) / 100))
    if span < 20 and dice.chance(40):
        return warning + 0.5, warning + 0.5 + (distance if upper else -distance)
    return warning, warning + (distance if upper else -distance)


def _reading(dice: Dice, case: str, warning: float, alarm: float) -> float:
    """A value in the band of the case, on a grid of tenths where the band is narrow."""
    band = abs(alarm - warning)
    grid = 0.1 if band < 20 else 1.0
    steps = round(band / grid)
    outward = 1 if alarm > warning else -1
    if case in ("high", "low"):
        return alarm + outward * grid * dice.between(1, steps)
    if case.startswith("warn"):
        return warning + outward * grid * dice.between(1, steps)
    return warning - outward * grid * dice.between(0, 2 * steps)


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Alerts of a split with their triage.

    Yields:
        Rows with ``prompt``, ``template``, ``expected`` (the document), ``answer`` (its text), ``severity``, ``case``.
    """
    while True:
        case, device = dice.pick(_DRAWN), dice.pick(DEVICES[split])
        text, template = _alert(dice, case, device, split)
        if names_famous(text) or split_of("alert-triage", text) != split:
            continue
        frame = dice.pick(FRAMES[split])
        severity, cause, action = LABELS[case]
        expected = {"severity": severity, "cause": cause, "action": action}
        yield {
            "prompt": frame.format(s=text),
            "template": template,
            "expected": expected,
            "answer": json.dumps(expected),
            "severity": severity,
            "case": case,
        }


def _alert(dice: Dice, case: str, device: Device, split: str) -> tuple[str, str]:
    """The text, and the name of the wording that carries the case."""
    carries = {"hazard": HAZARDS, "fault": FAULTS, "maintenance": MAINTENANCE}.get(case, READINGS)[split]
    place = dice.below(len(carries))
    parts = [carries[place]]
    upper = case in ("high", "warn high") or (case not in ("low", "warn low") and dice.chance(60))
    warning, alarm = _limits(dice, device, upper=upper)
    anything = dice.pick(("normal", "warn high" if upper else "warn low", "high" if upper else "low"))
    reading = _reading(dice, anything if case in ("hazard", "maintenance") else case, warning, alarm)
    limits = dice.pick((HIGH_LIMITS if upper else LOW_LIMITS)[split])
    if case == "maintenance" or (case == "hazard" and dice.chance(40)):
        parts = dice.shuffled([*parts, f"{dice.pick(READINGS[split])} {limits}"])
    elif case not in ("hazard", "fault"):
        parts = [f"{parts[0]} {limits}" if dice.chance(80) else f"{limits} {parts[0]}"]
    aside = dice.pick(ASIDES[split])
    if aside:
        parts.append(aside)
    text = " ".join(parts).format(
        d=device.name,
        q=device.quantity,
        x=_value(round(reading, 1), device.unit),
        r=_value(round(warning, 1), device.unit),
        w=_value(round(warning, 1), device.unit),
        a=_value(round(alarm, 1), device.unit),
        n=dice.between(2, 11),
    )
    name = f"{case.replace(' ', '-')}{place + 1}"
    return text[0].upper() + text[1:] if dice.chance(70) else text, name
