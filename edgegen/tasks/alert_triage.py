"""A reading with its limits and its circumstances, and what it means: severity, cause and what to do.

The label follows from the text alone, by five rules, the first that applies:

1. A hazard (smoke, gas, flame, water where none belongs) is ``critical``, ``hazard``, ``shut_down``.
2. A sensor that gives no or impossible values is ``warning``, ``sensor_fault``, ``check_sensor``.
3. A device under maintenance or test is ``info``, ``maintenance``, ``none``, whatever it reads.
4. A reading beyond the alarm limit is ``critical``, beyond the warning limit ``warning``; the cause is ``high`` or
   ``low``, the action ``shut_down`` or ``inspect``.
5. Anything else is ``info``, ``normal``, ``none``.

A value that equals a limit is within it.

The document first repeats what decides, so that the label is read off and not guessed, and a device has the parsed
values. Where a reading decides these are numbers with equally many decimals, else null:

    {"value":28.4,"side":"above","warning":26.0,"beyond_warning":true,"alarm":30.0,"beyond_alarm":false,
     "severity":"warning","cause":"high","action":"inspect"}

``side`` says on which side of the limits trouble lies. The wordings are in ``edgegen.tasks.alert_wordings``, and how
alerts of a split are put together in ``Manner``.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from edgegen.split import DEV, SEALED, TRAIN, names_famous, split_of
from edgegen.tasks import alert_grammar
from edgegen.tasks.alert_device import Device
from edgegen.tasks.alert_wordings import (
    ASIDES,
    CALM,
    DEVICES,
    FAULTS,
    FRAMES,
    HAZARDS,
    HIGH_LIMITS,
    HIGH_WHOLES,
    JOINS,
    LOW_LIMITS,
    LOW_WHOLES,
    MAINTENANCE,
    NAMES,
    PLACES,
    READINGS,
)
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import all_of, bare, drawn

Row = dict[str, Any]

SEVERITIES = ("info", "warning", "critical")
CAUSES = ("normal", "high", "low", "sensor_fault", "hazard", "maintenance")
ACTIONS = ("none", "inspect", "check_sensor", "shut_down")

_NUMBER = {"type": ["number", "null"]}
_FLAG = {"type": ["boolean", "null"]}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "value": _NUMBER,
        "side": {"type": ["string", "null"], "pattern": "^(above|below)$"},
        "warning": _NUMBER,
        "beyond_warning": _FLAG,
        "alarm": _NUMBER,
        "beyond_alarm": _FLAG,
        "severity": {"enum": list(SEVERITIES)},
        "cause": {"enum": list(CAUSES)},
        "action": {"enum": list(ACTIONS)},
    },
    "required": [
        "value",
        "side",
        "warning",
        "beyond_warning",
        "alarm",
        "beyond_alarm",
        "severity",
        "cause",
        "action",
    ],
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


def _shares(*cases: tuple[str, int]) -> tuple[str, ...]:
    """Each case so often: a percentage of the questions."""
    return tuple(case for case, share in cases for _ in range(share))


# The three severities come out about equally often.
_SEALED_CASES = _shares(
    ("normal", 22), ("maintenance", 11), ("warn high", 13), ("warn low", 10), ("fault", 10), ("high", 13),
    ("low", 10), ("hazard", 11),
)  # fmt: skip
# Lower limits as often as upper ones: they were read as upper ones, never the other way round.
_EVEN_CASES = _shares(
    ("normal", 24), ("maintenance", 9), ("warn high", 12), ("warn low", 12), ("fault", 9), ("high", 12), ("low", 12),
    ("hazard", 10),
)  # fmt: skip


class Manner(NamedTuple):
    """How the alerts of a split are put together; all but ``cases``, ``asides`` and ``sound`` are percentages.

    Args:
        cases: What is drawn from.
        asides: How many asides an alert may have.
        upper: Normal readings whose limits are upper ones.
        within: Asides that stand elsewhere than at the end.
        glued: Units without a blank before them.
        renamed: Units in another spelling.
        padded: Numbers with all decimals.
        unitless: Limits without a unit.
        wholes: Readings that stand in one sentence with their limits.
        edges: Readings that equal a limit or lie one or two units of the last decimal beside it.
        leaps: Readings of another order of magnitude than their limits.
        calm: Asides that say that there is no hazard, fault or maintenance, where there is none.
        made_up: Devices of the grammar.
        fine: Readings and limits with one decimal more.
        sound: No share is above 100%.
    """

    cases: Sequence[str]
    asides: Sequence[int] = (1,)
    upper: int = 60
    within: int = 0
    glued: int = 0
    renamed: int = 0
    padded: int = 0
    unitless: int = 0
    wholes: int = 0
    edges: int = 0
    leaps: int = 0
    calm: int = 0
    made_up: int = 0
    fine: int = 0
    sound: bool = True


MANNERS: Mapping[str, Manner] = {
    "train": Manner(
        _EVEN_CASES, asides=(1, 1, 1, 2), upper=50, within=40, glued=15, renamed=15, padded=20, unitless=12, wholes=15,
        edges=25, leaps=10, calm=8, made_up=55, fine=8,
    ),
    "dev": Manner(
        _EVEN_CASES, upper=50, within=30, glued=10, renamed=10, padded=10, unitless=8, wholes=12, edges=25, leaps=8,
        calm=8, fine=5,
    ),
    # As it always was, so that the scores of all bundles compare.
    "sealed": Manner(_SEALED_CASES, sound=False),
}  # fmt: skip

_SPELLINGS: Mapping[str, Sequence[str]] = {
    "°C": ("C", "degC", "deg C", "degrees Celsius"), "%": ("percent", "pct"), "m³/h": ("m3/h", "cbm/h"),
    "bar": ("bars",), "l/min": ("L/min", "litres/min"), "rpm": ("RPM", "1/min"), "µg/m³": ("ug/m3",), "V": ("volts",),
    "A": ("amps", "Amp"), "kW": ("kilowatts",), "t": ("tons",), "mm/s": ("mm/sec",), "cm": ("centimetres",),
}  # fmt: skip


def _so_often(dice: Dice, percent: int) -> bool:
    """As ``Dice.chance``, but nothing is drawn for what never happens."""
    return percent > 0 and dice.chance(percent)


def templates(split: str) -> list[str]:
    """Every wording of a split; those of square brackets are ``edgegen.tasks.phrases.drawn``."""
    tables = (
        READINGS, HIGH_LIMITS, LOW_LIMITS, HIGH_WHOLES, LOW_WHOLES, HAZARDS, FAULTS, MAINTENANCE, ASIDES, CALM, FRAMES
    )  # fmt: skip
    return [
        text for text in dict.fromkeys(text for table in tables for text in table[split]) if text not in ("", "{s}")
    ]


_HELD_OUT = tuple(bare(one) for split in (DEV, SEALED) for text in templates(split) for one in all_of(text))


def worded(dice: Dice, text: str, split: str) -> str:
    """Alternatives are drawn; in training until no wording that is held out comes up."""
    while True:
        one = drawn(dice, text)
        words = bare(one) if split == TRAIN and one != text else ""
        if not any(held in words for held in _HELD_OUT):
            return one


class Scale(NamedTuple):
    """A reading and its limits in units of the last decimal; ``other`` is one that means nothing."""

    decimals: int
    value: int
    warning: int
    alarm: int
    other: int

    def written(self, number: int) -> str:
        """With all decimals, as in the document."""
        return f"{number / 10**self.decimals:.{self.decimals}f}"

    def said(self, number: int) -> str:
        """Without zeros at the end, as in an alert."""
        text = self.written(number)
        return text.rstrip("0").rstrip(".") if "." in text else text


def _scale(dice: Dice, case: str, device: Device, manner: Manner, *, upper: bool) -> Scale:
    """A reading with its limits; none is negative, or beyond 100%, where it cannot be: that would be a fault."""
    while True:
        scale = _any_scale(dice, case, device, manner, upper=upper)
        most = 100 * 10**scale.decimals if device.unit == "%" and manner.sound else math.inf
        numbers = (scale.value, scale.alarm, scale.other)
        if (device.low < 0 or min(numbers) >= 0) and max(numbers) <= most:
            return scale


def _any_scale(dice: Dice, case: str, device: Device, manner: Manner, *, upper: bool) -> Scale:
    """Limits at a distance of some tenths of the usual range, and a value in the band of the case."""
    span = max(2, device.high - device.low)
    decimals = dice.pick((0, 0, 0, 1, 1) if span >= 100 else (0, 1, 1, 1, 1, 2) if span >= 10 else (1, 1, 1, 2))
    decimals += _so_often(dice, manner.fine)
    unit = 10**decimals
    outward = 1 if upper else -1
    # Most limits are whole, some have a half or all decimals.
    grid = dice.pick((unit, unit, unit, max(1, unit // 2), 1))
    warning = dice.between(device.low * unit // grid, device.high * unit // grid) * grid
    distance = max(1, round(span * unit * dice.between(15, 60) / 100 / grid)) * grid
    alarm = warning + outward * distance
    # Close to a limit, anywhere in the band, or far off with perhaps more digits.
    draw = dice.below(100)
    far = min(3, distance) if draw < 20 else distance if draw < 85 else 4 * distance
    if case in ("high", "low"):
        value = alarm + outward * dice.between(1, far)
    elif case.startswith("warn"):
        value = warning + outward * dice.between(1, min(far, distance))
        value = alarm + warning - value if dice.chance(30) else value
        value = value + outward if value == warning else value
    else:
        value = warning - outward * dice.between(0, 2 * far)
    if _so_often(dice, manner.edges):
        value = _at_the_edge(dice, case, warning, alarm)
    elif _so_often(dice, manner.leaps):
        value = _far_away(dice, case, warning, alarm, value)
    return Scale(decimals, value, warning, alarm, warning + dice.between(-2 * distance, 2 * distance))


def _at_the_edge(dice: Dice, case: str, warning: int, alarm: int) -> int:
    """A value of the case that equals a limit, or lies a unit or two of the last decimal beside it."""
    outward = 1 if alarm > warning else -1
    if case in ("high", "low"):
        return alarm + outward * dice.pick((1, 1, 2))
    if case == "normal":
        return warning - outward * dice.pick((0, 0, 1, 2))
    near_warning = warning + outward * dice.pick((1, 1, 2))
    near_alarm = alarm - outward * dice.pick((0, 0, 1))
    inside = [value for value in (near_warning, near_alarm) if outward * warning < outward * value <= outward * alarm]
    return dice.pick(inside)


def _far_away(dice: Dice, case: str, warning: int, alarm: int, value: int) -> int:
    """A value of the case with more or fewer digits before the point, or ``value`` where there is none."""
    upper = alarm > warning
    if case.startswith("warn") or min(warning, alarm) <= 0:
        return value
    if upper == (case == "normal"):
        limit = warning if case == "normal" else alarm
        return dice.below(limit // dice.pick((5, 10, 10, 100)) + 1) if limit > 1 else value
    return max(warning, alarm) * dice.between(2, 6) + dice.below(10)


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Alerts of a split with their triage.

    Yields:
        Rows with ``prompt``, ``template``, ``expected`` (the document), ``answer`` (its text), ``severity``, ``case``
        and ``limits`` (the wording of the limits, "" where none are said).
    """
    while True:
        case = dice.pick(MANNERS[split].cases)
        made_up = _so_often(dice, MANNERS[split].made_up)
        device = alert_grammar.device(dice) if made_up else dice.pick(DEVICES[split])
        alert = _alert(dice, case, device, split)
        text, scale = alert.text, alert.scale
        if names_famous(text) or split_of("alert-triage", text) != split:
            continue
        frame = dice.pick(FRAMES[split])
        answer = _document(case, scale)
        yield {
            "prompt": frame.format(s=text),
            "template": alert.template,
            "expected": json.loads(answer),
            "answer": answer,
            "severity": LABELS[case][0],
            "case": case,
            "limits": alert.limits,
        }


def _document(case: str, scale: Scale | None) -> str:
    """The text of the document; numbers stay as ``Scale.written`` has them, which ``json`` alone would not do."""
    fields: dict[str, str] = dict.fromkeys(
        ("value", "side", "warning", "beyond_warning", "alarm", "beyond_alarm"), "null"
    )
    if scale is not None:
        outward = 1 if scale.alarm > scale.warning else -1
        fields = {
            "value": scale.written(scale.value),
            "side": '"above"' if outward > 0 else '"below"',
            "warning": scale.written(scale.warning),
            "beyond_warning": json.dumps(outward * scale.value > outward * scale.warning),
            "alarm": scale.written(scale.alarm),
            "beyond_alarm": json.dumps(outward * scale.value > outward * scale.alarm),
        }
    label = zip(("severity", "cause", "action"), LABELS[case], strict=True)
    fields |= {name: f'"{value}"' for name, value in label}
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _name(dice: Dice, device: Device, split: str) -> str:
    return dice.pick(NAMES[split]).format(
        d=device.name,
        n=dice.between(1, 24),
        N=dice.between(100, 999),
        place=dice.pick(PLACES),
        letter=dice.pick("ABCDE"),
    )


class Alert(NamedTuple):
    """A text, the names of the wordings that carry its case and its limits, and the numbers where they decide."""

    text: str
    template: str
    limits: str
    scale: Scale | None


def _alert(dice: Dice, case: str, device: Device, split: str) -> Alert:
    manner = MANNERS[split]
    carries = {"hazard": HAZARDS, "fault": FAULTS, "maintenance": MAINTENANCE}.get(case, READINGS)[split]
    place = dice.below(len(carries))
    decides = case not in ("hazard", "fault", "maintenance")
    upper = case in ("high", "warn high") or (case not in ("low", "warn low") and dice.chance(manner.upper))
    anything = dice.pick(("normal", "warn high" if upper else "warn low", "high" if upper else "low"))
    scale = _scale(dice, case if decides else anything, device, manner, upper=upper)
    table = (HIGH_LIMITS if upper else LOW_LIMITS)[split]
    number = dice.below(len(table))
    limits, said = table[number], f"{'high' if upper else 'low'}{number + 1}"
    parts = [carries[place]]
    if case == "maintenance" or (case == "hazard" and dice.chance(40)):
        parts = dice.shuffled([*parts, f"{dice.pick(READINGS[split])} {limits}"])
    elif case == "fault" and dice.chance(25):
        parts = [*parts, limits]
    elif decides and _so_often(dice, manner.wholes):
        wholes = (HIGH_WHOLES if upper else LOW_WHOLES)[split]
        number = dice.below(len(wholes))
        parts, said = [wholes[number]], f"{'high' if upper else 'low'}-whole{number + 1}"
    elif decides:
        parts = [parts[0], limits] if dice.chance(75) else [limits, parts[0]]
    else:
        said = ""
    for _ in range(dice.pick(manner.asides) if len(manner.asides) > 1 else manner.asides[0]):
        calm = decides and _so_often(dice, manner.calm)
        aside = dice.pick((CALM if calm else ASIDES)[split])
        if aside:
            # At the end, or before the rest, and now and then between a reading and its limits.
            parts.insert(dice.below(len(parts)) if _so_often(dice, manner.within) else len(parts), aside)
    text = dice.pick(JOINS[split]).join(worded(dice, part, split) for part in parts)
    text = text.format(d=_name(dice, device, split), q=device.quantity, **_numbers(dice, device, scale, manner))
    text = text[0].upper() + text[1:] if dice.chance(70) else text
    return Alert(text, f"{case.replace(' ', '-')}{place + 1}", said, scale if decides else None)


def _numbers(dice: Dice, device: Device, scale: Scale, manner: Manner) -> dict[str, str | int]:
    """What the slots of numbers hold."""
    unit = f" {device.unit}"
    if _so_often(dice, manner.renamed):
        unit = f" {dice.pick(_SPELLINGS.get(device.unit, (device.unit,)))}"
    elif _so_often(dice, manner.glued):
        unit = device.unit
    shown = scale.written if _so_often(dice, manner.padded) else scale.said
    of_limits = "" if _so_often(dice, manner.unitless) else unit
    return {
        "x": shown(scale.value) + unit,
        "r": scale.said(scale.other) + unit,
        "w": shown(scale.warning) + of_limits,
        "a": shown(scale.alarm) + of_limits,
        "n": dice.between(2, 11),
        "m": dice.between(1, 12),
        "k": dice.between(10, 9999),
    }
