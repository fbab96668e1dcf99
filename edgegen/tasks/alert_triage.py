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

``side`` says on which side of the limits trouble lies. The wordings are in ``edgegen.tasks.alert_wordings``.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from edgegen.split import names_famous, split_of
from edgegen.tasks.alert_wordings import (
    ASIDES,
    DEVICES,
    FAULTS,
    FRAMES,
    HAZARDS,
    HIGH_LIMITS,
    JOINS,
    LOW_LIMITS,
    MAINTENANCE,
    NAMES,
    PLACES,
    READINGS,
    Device,
)
from edgegen.tasks.dice import Dice

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


def _scale(dice: Dice, case: str, device: Device, *, upper: bool) -> Scale:
    """A reading with its limits; none is negative where the quantity cannot be, which would be a fault."""
    while True:
        scale = _any_scale(dice, case, device, upper=upper)
        if device.low < 0 or min(scale.value, scale.alarm, scale.other) >= 0:
            return scale


def _any_scale(dice: Dice, case: str, device: Device, *, upper: bool) -> Scale:
    """Limits at a distance of some tenths of the usual range, and a value in the band of the case."""
    span = max(2, device.high - device.low)
    decimals = dice.pick((0, 0, 0, 1, 1) if span >= 100 else (0, 1, 1, 1, 1, 2) if span >= 10 else (1, 1, 1, 2))
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
    return Scale(decimals, value, warning, alarm, warning + dice.between(-2 * distance, 2 * distance))


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Alerts of a split with their triage.

    Yields:
        Rows with ``prompt``, ``template``, ``expected`` (the document), ``answer`` (its text), ``severity``, ``case``.
    """
    while True:
        case, device = dice.pick(_DRAWN), dice.pick(DEVICES[split])
        text, template, scale = _alert(dice, case, device, split)
        if names_famous(text) or split_of("alert-triage", text) != split:
            continue
        frame = dice.pick(FRAMES[split])
        answer = _document(case, scale)
        yield {
            "prompt": frame.format(s=text),
            "template": template,
            "expected": json.loads(answer),
            "answer": answer,
            "severity": LABELS[case][0],
            "case": case,
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


def _alert(dice: Dice, case: str, device: Device, split: str) -> tuple[str, str, Scale | None]:
    """The text, the name of the wording that carries the case, and the numbers where they decide."""
    carries = {"hazard": HAZARDS, "fault": FAULTS, "maintenance": MAINTENANCE}.get(case, READINGS)[split]
    place = dice.below(len(carries))
    decides = case not in ("hazard", "fault", "maintenance")
    upper = case in ("high", "warn high") or (case not in ("low", "warn low") and dice.chance(60))
    anything = dice.pick(("normal", "warn high" if upper else "warn low", "high" if upper else "low"))
    scale = _scale(dice, case if decides else anything, device, upper=upper)
    limits = dice.pick((HIGH_LIMITS if upper else LOW_LIMITS)[split])
    parts = [carries[place]]
    if case == "maintenance" or (case == "hazard" and dice.chance(40)):
        parts = dice.shuffled([*parts, f"{dice.pick(READINGS[split])} {limits}"])
    elif case == "fault" and dice.chance(25):
        parts = [*parts, limits]
    elif decides:
        parts = [parts[0], limits] if dice.chance(75) else [limits, parts[0]]
    for _ in range(dice.pick((1, 1, 1, 2)) if split == "train" else 1):
        aside = dice.pick(ASIDES[split])
        if aside:
            # At the end, or before the rest, and now and then between a reading and its limits.
            parts.insert(len(parts) if split != "train" or dice.chance(60) else dice.below(len(parts)), aside)
    unit = f"{'' if split == 'train' and dice.chance(15) else ' '}{device.unit}"
    shown = scale.written if split == "train" and dice.chance(20) else scale.said
    text = (
        dice.pick(JOINS[split])
        .join(parts)
        .format(
            d=_name(dice, device, split),
            q=device.quantity,
            x=shown(scale.value) + unit,
            r=scale.said(scale.other) + unit,
            w=shown(scale.warning) + unit,
            a=shown(scale.alarm) + unit,
            n=dice.between(2, 11),
            m=dice.between(1, 12),
            k=dice.between(10, 9999),
        )
    )
    text = text[0].upper() + text[1:] if dice.chance(70) else text
    return text, f"{case.replace(' ', '-')}{place + 1}", scale if decides else None
