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
alerts of a split are put together in ``edgegen.tasks.alert_manner``.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from edgegen.split import DEV, SEALED, TRAIN, names_famous, split_of
from edgegen.tasks import alert_grammar
from edgegen.tasks.alert_device import Device
from edgegen.tasks.alert_manner import MANNERS, SPELLINGS, Manner, so_often
from edgegen.tasks.alert_scale import Scale, drawn_scale
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


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Alerts of a split with their triage.

    Yields:
        Rows with ``prompt``, ``template``, ``expected`` (the document), ``answer`` (its text), ``severity``, ``case``
        and ``limits`` (the wording of the limits, "" where none are said).
    """
    while True:
        case = dice.pick(MANNERS[split].cases)
        made_up = so_often(dice, MANNERS[split].made_up)
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
    scale = drawn_scale(dice, case if decides else anything, device, manner, upper=upper)
    table = (HIGH_LIMITS if upper else LOW_LIMITS)[split]
    number = dice.below(len(table))
    limits, said = table[number], f"{'high' if upper else 'low'}{number + 1}"
    parts = [carries[place]]
    if case == "maintenance" or (case == "hazard" and dice.chance(40)):
        parts = dice.shuffled([*parts, f"{dice.pick(READINGS[split])} {limits}"])
    elif case == "fault" and dice.chance(25):
        parts = [*parts, limits]
    elif decides and so_often(dice, manner.wholes):
        wholes = (HIGH_WHOLES if upper else LOW_WHOLES)[split]
        number = dice.below(len(wholes))
        parts, said = [wholes[number]], f"{'high' if upper else 'low'}-whole{number + 1}"
    elif decides:
        parts = [parts[0], limits] if dice.chance(75) else [limits, parts[0]]
    else:
        said = ""
    for _ in range(dice.pick(manner.asides) if len(manner.asides) > 1 else manner.asides[0]):
        calm = decides and so_often(dice, manner.calm)
        aside = dice.pick((CALM if calm else ASIDES)[split])
        if aside:
            # At the end, or before the rest, and now and then between a reading and its limits.
            parts.insert(dice.below(len(parts)) if so_often(dice, manner.within) else len(parts), aside)
    text = dice.pick(JOINS[split]).join(worded(dice, part, split) for part in parts)
    name = _name(dice, device, split)
    numbers, padded = _numbers(dice, device, scale, manner)
    text = text.format(d=name, q=device.quantity, **numbers)
    scale = scale.fitted() if manner.fitted and not padded else scale
    text = text[0].upper() + text[1:] if dice.chance(70) else text
    return Alert(text, f"{case.replace(' ', '-')}{place + 1}", said, scale if decides else None)


def _numbers(dice: Dice, device: Device, scale: Scale, manner: Manner) -> tuple[dict[str, str | int], bool]:
    """What the slots of numbers hold, and whether they are written with all decimals."""
    unit = f" {device.unit}"
    if so_often(dice, manner.renamed):
        unit = f" {dice.pick(SPELLINGS.get(device.unit, (device.unit,)))}"
    elif so_often(dice, manner.glued):
        unit = device.unit
    padded = so_often(dice, manner.padded)
    shown = scale.written if padded else scale.said
    of_limits = "" if so_often(dice, manner.unitless) else unit
    slots: dict[str, str | int] = {
        "x": shown(scale.value) + unit,
        "r": scale.said(scale.other) + unit,
        "w": shown(scale.warning) + of_limits,
        "a": shown(scale.alarm) + of_limits,
        "n": dice.between(2, 11),
        "m": dice.between(1, 12),
        "k": dice.between(10, 9999),
    }
    return slots, padded
