"""What a person says to a gateway, and the command that a device can act on, as JSON of one small schema.

    Turn the lamp in the kitchen off at 10 pm.
    {"action":"off","device":"lamp","room":"kitchen","time":"22:00"}

``docs/probes.md`` has the rules; ``SCHEMA`` is the contract. Wordings and devices are held out by list, what fills them
by hash. Tuning and sealed questions come from the lists here; most of the training from ``command_grammar`` instead,
which never makes a sentence that holds a wording or a name of the lists held out.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from edgegen.split import split_of
from edgegen.tasks import command_grammar, command_names
from edgegen.tasks.command_wordings import DEVICES, FRAMES, ROOMS, WORDINGS
from edgegen.tasks.compact import compact
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import bare
from edgegen.tasks.spoken import number_words, spoken_minutes, spoken_time

Row = dict[str, Any]

ACTIONS = ("on", "off", "set", "increase", "decrease", "open", "close", "lock", "unlock", "read", "keep")
UNITS = ("celsius", "percent", "minutes", "bar", "rpm", "lux")

# Words with single blanks between them. A tokenizer has tokens for a word with the blank before it, which a model that
# copies a word out of a sentence likes to write after a quote too: no name begins or ends with one.
_NAME = {"type": "string", "maxLength": command_names.LONGEST_NAME, "pattern": r'^[^ "\\]+( [^ "\\]+)*$'}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "action": {"enum": list(ACTIONS)},
        "device": _NAME,
        "room": _NAME,
        "value": {"type": "number", "minimum": -100, "maximum": 10000},
        "unit": {"enum": list(UNITS)},
        "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "except": _NAME,
    },
    "required": ["action", "device"],
    "additionalProperties": False,
}


class Wording(NamedTuple):
    """A template: its slots are filled by ``intent``."""

    id: str
    intent: str
    text: str


# Of the values, so many percent of the questions carry a frame other than the first.
_FRAMED = 50


def wordings(split: str) -> list[Wording]:
    """All templates of a split."""
    return [
        Wording(f"{intent.replace(' ', '-')}{place + 1}", intent, text)
        for intent, texts in WORDINGS[split].items()
        for place, text in enumerate(texts)
    ]


_LEVELS: Mapping[str, tuple[int, int, Sequence[str]]] = {
    "celsius": (-20, 90, ("{n} degrees", "{n} °C", "{n} degrees Celsius", "{n}°C")),
    "percent": (1, 100, ("{n} percent", "{n} %", "{n}%")),
    "bar": (1, 12, ("{n} bar",)),
    "rpm": (100, 3000, ("{n} rpm", "{n} revolutions per minute")),
    "lux": (50, 900, ("{n} lux",)),
}
_HALVES = ("celsius", "bar")


def _level(dice: Dice, unit: str, *, change: bool) -> tuple[str, int | float]:
    """A value as it is said and as it is meant."""
    low, high, forms = _LEVELS[unit]
    value: int | float
    if change:
        value = dice.between(1, 9) if unit != "rpm" else dice.between(1, 9) * 50
    else:
        value = dice.between(low, high)
        if unit == "rpm":
            value = value // 10 * 10
        elif unit in _HALVES and dice.chance(25):
            value += 0.5
    return dice.pick(forms).format(n=value), value


def _time(dice: Dice) -> tuple[str, str]:
    """A time of day as it is said and as HH:MM."""
    if dice.chance(6):
        return dice.pick((("noon", "12:00"), ("midnight", "00:00")))
    hour, minute = dice.below(24), dice.pick((0, 0, 0, 15, 30, 45, dice.below(60)))
    meant = f"{hour:02}:{minute:02}"
    if dice.chance(50):
        return meant, meant
    half = "am" if hour < 12 else "pm"
    shown = f"{(hour + 11) % 12 + 1}"
    return (f"{shown}:{minute:02} {half}" if minute else f"{shown} {half}"), meant


def _minutes(dice: Dice) -> tuple[str, int]:
    if dice.chance(15):
        return dice.pick((("an hour", 60), ("half an hour", 30), ("2 hours", 120)))
    count = dice.between(2, 90)
    return dice.pick((f"{count} minutes", f"{count} min")), count


def _device(dice: Dice, split: str, kind: str) -> str:
    """A device of the split; for training and tuning only its own, in sealed questions in half of them a new one."""
    source = split if split == "train" or dice.chance(50) else "train"
    return dice.pick(DEVICES[source][kind])


def _room(dice: Dice, split: str) -> str:
    source = split if split == "train" or dice.chance(50) else "train"
    return dice.pick(ROOMS[source])


def _action(intent: str, word: str) -> str:
    named = {"keep": "keep", "read": "read", "run": "on", "up": "increase", "down": "decrease", "level": "set"}
    return named.get(intent.split(maxsplit=1)[0], word)


# What is done to a device, and the state that it is in afterwards.
_STARTS = ("start", "activate", "power up", "enable", "start up", "fire up")
_STOPS = ("stop", "deactivate", "shut down", "disable", "shut off", "power down", "kill")
_STATES = {"open": ("open", "opened"), "close": ("closed", "closed"), "lock": ("locked",) * 2,
           "unlock": ("unlocked",) * 2}  # fmt: skip
_OPPOSITES = {"on": "off", "open": "close", "lock": "unlock"}
_OPPOSITES |= {after: before for before, after in _OPPOSITES.items()}
_KINDS = {"cover": "cover", "lock": "lock", "read": "sensor"}


def _kind(intent: str) -> str:
    return _KINDS.get(intent.rsplit(maxsplit=1)[-1]) or _KINDS.get(intent.split(maxsplit=1)[0], "switch")


def _fill(dice: Dice, wording: Wording, split: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What stands in the slots, and the command that it means."""
    intent, text = wording.intent, wording.text
    kind = _kind(intent)
    if "{V}" in text:
        kind = dice.pick(("celsius", "celsius", "percent", "percent", "bar", "rpm", "lux"))
    word = dice.pick({"cover": ("open", "close"), "lock": ("lock", "unlock")}.get(kind, ("on", "off")))
    slots = {"o": word, "p": word, "l": word, "O": word.capitalize(), "L": word.capitalize(), "x": _OPPOSITES[word]}
    command: dict[str, Any] = {"action": _action(intent, word), "device": "all"}
    if "{D}" in text:
        slots["D"] = command["except" if intent.startswith("all") else "device"] = _device(dice, split, kind)
    if "{R}" in text:
        slots["R"] = command["except" if intent == "all but room" else "room"] = _room(dice, split)
    if "{V}" in text:
        slots["V"], command["value"] = _level(dice, kind, change=intent in ("up", "down"))
        command["unit"] = kind
    if "{M}" in text:
        slots["M"], command["value"] = _minutes(dice)
        command["unit"] = "minutes"
    if "{T}" in text:
        slots["T"], command["time"] = _time(dice)
    return slots, {key: command[key] for key in SCHEMA["properties"] if key in command}


def questions(dice: Dice, *, split: str) -> Iterator[Row]:
    """Sentences of a split with their commands, each template of its list as often as every other one.

    Yields:
        Rows with ``prompt``, ``template``, ``expected`` (the document), ``answer`` (as text), ``intent`` and
        ``wording`` (the sentence with its slots).
    """
    chosen = wordings(split)
    while True:
        for wording in dice.shuffled(chosen):
            while split == "train" and dice.chance(_GRAMMAR):
                yield _trained(dice)
            yield _question(dice, wording, split)


def _ours(command: Mapping[str, Any], split: str) -> bool:
    """Whether a command is of the split; of a device without a place there are too few to hold any back."""
    return "room" not in command or split_of("iot-command", json.dumps(command)) == split


def _question(dice: Dice, wording: Wording, split: str) -> Row:
    while True:
        slots, command = _fill(dice, wording, split)
        if _ours(command, split):
            break
    sentence = wording.text.format(**slots)
    if dice.chance(10):
        sentence = sentence[0].lower() + sentence[1:]
    frames = FRAMES[split]
    frame = dice.pick(frames[1:]) if dice.chance(_FRAMED) else frames[0]
    return {
        "prompt": frame.format(s=sentence),
        "template": wording.id,
        "expected": command,
        "answer": compact(command),
        "intent": wording.intent,
        "wording": wording.text,
    }


# --- training: sentences of the grammar ---------------------------------------------------------

# Of 100 examples, so many are of the grammar; the rest of the list.
_GRAMMAR = 85


HELD_WORDINGS = tuple(bare(text) for split in ("dev", "sealed") for texts in WORDINGS[split].values() for text in texts)
HELD_NAMES = frozenset(
    [name for split in ("dev", "sealed") for names in DEVICES[split].values() for name in names]
    + [name for split in ("dev", "sealed") for name in ROOMS[split]]
)


def _trained(dice: Dice) -> Row:
    """A sentence of the grammar with its command."""
    while True:
        intent = dice.pick(command_grammar.DRAWN_INTENTS)
        text = command_grammar.sentence(dice, intent)
        words = bare(text.replace("{NP}", ""))
        if any(held in words for held in HELD_WORDINGS):
            continue
        slots, command = _varied(dice, intent, text)
        if _ours(command, "train") and slots.get("D") != slots.get("R", ""):
            break
    corrected = _corrected(dice, intent, text, slots, command) if dice.chance(_CORRECTED) else None
    sentence = text.format(**slots)
    draw = dice.below(100)
    # A name with capitals is copied with them, so what is said must have them.
    if compact(command) == compact(command).lower():
        sentence = sentence.lower() if draw < 8 else sentence.upper() if draw < 11 else sentence
    frames = FRAMES["train"]
    frame = dice.pick(frames[1:]) if dice.chance(_FRAMED) else frames[0]
    return {
        "prompt": frame.format(s=sentence),
        "template": f"{intent.replace(' ', '-')}-grammar",
        "expected": command,
        "answer": compact(command),
        "intent": intent,
        "wording": text,
        "corrected": corrected,
    }


def _varied(dice: Dice, intent: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """As ``_fill``, with names, times and values in more ways."""
    kind = _kind(intent)
    if "{V}" in text:
        kind = dice.pick(("celsius", "celsius", "percent", "percent", "bar", "rpm", "lux"))
    word = dice.pick({"cover": ("open", "close"), "lock": ("lock", "unlock")}.get(kind, ("on", "off")))
    state, done = _STATES.get(word, ("", ""))
    slots = {"o": word, "p": word, "l": word, "c": state, "C": done}
    slots["S"] = dice.pick(_STARTS if word == "on" else _STOPS)
    command: dict[str, Any] = {"action": _action(intent, word), "device": "all"}
    if "{D}" in text:
        name = _device_to_train(dice, kind, text)
        slots["D"] = command["except" if intent.startswith("all") else "device"] = name
    if "{R}" in text:
        name = _free(lambda: command_names.room(dice, ROOMS["train"], apart=not _SIDE_BY_SIDE.search(text)))
        slots["R"] = command["except" if intent == "all but room" else "room"] = name
    if "{V}" in text:
        slots["V"], command["value"] = _spoken_level(dice, kind, change=intent in ("up", "down"))
        command["unit"] = kind
    if "{M}" in text:
        slots["M"], command["value"] = spoken_minutes(dice)
        command["unit"] = "minutes"
    if "{T}" in text:
        slots["T"], command["time"] = spoken_time(dice)
    return slots, {key: command[key] for key in SCHEMA["properties"] if key in command}


_SIDE_BY_SIDE = re.compile(r"\{R\} \{D\}|\{D\} \{R\}")


def _device_to_train(dice: Dice, kind: str, text: str) -> str:
    return _free(lambda: command_names.device(dice, kind, DEVICES["train"][kind], placed="{R}" in text))


# Of 100 sentences of the grammar, so many take something back.
_CORRECTED = 4
_TAKEN_BACK = (", no, ", " - no, ", ", sorry, ", ", I mean ", ", wait, ", " - sorry, ", ", no, wait, ", ", or rather ")


def _corrected(dice: Dice, intent: str, text: str, slots: dict[str, str], command: Mapping[str, Any]) -> str | None:
    """Says another word, time, value or device first and takes it back: the slot, or None where there is none to."""
    words: tuple[str, ...] = () if intent.startswith("keep") else ("o", "p", "l")
    able = [slot for slot in (*words, "T", "V") if text.count(f"{{{slot}}}") == 1]
    able += ["D"] if "the {D}" in text else []
    if not able:
        return None
    slot = dice.pick(able)
    while True:
        if slot == "D":
            other = _device_to_train(dice, _kind(intent), text)
        elif slot == "T":
            other = spoken_time(dice)[0]
        elif slot == "V":
            other = _spoken_level(dice, command["unit"], change=intent in ("up", "down"))[0]
        else:
            other = _OPPOSITES[slots[slot]]
        if other != slots[slot]:
            break
    slots[slot] = f"{other}{dice.pick(_TAKEN_BACK)}{'the ' if slot == 'D' else ''}{slots[slot]}"
    return slot


def _free(draw: Callable[[], str]) -> str:
    """A name that is none held out and holds none."""
    while True:
        name = draw()
        words = name.split()
        spans = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
        if not spans & HELD_NAMES:
            return name


_MORE_FORMS: Mapping[str, Sequence[str]] = {
    "celsius": ("{n} degrees centigrade", "{n} degrees C", "{n} deg", "{n} C", "{n} celsius"),
    "percent": ("{n} per cent", "{n} pct", "{n} %"),
    "bar": ("{n} bar", "{n} bars"),
    "rpm": ("{n} rpm", "{n} RPM", "{n} turns per minute", "{n} rev/min"),
    "lux": ("{n} lux", "{n} lx"),
}


def _spoken_level(dice: Dice, unit: str, *, change: bool) -> tuple[str, int | float]:
    """A value in digits or in words."""
    shown, value = _level(dice, unit, change=change)
    if dice.chance(40):
        shown = dice.pick(_MORE_FORMS[unit]).format(n=value)
    if isinstance(value, int) and abs(value) < 100 and dice.chance(12):
        shown = shown.replace(str(value), f"{'minus ' if value < 0 else ''}{number_words(abs(value))}", 1)
        shown = re.sub(r"(?<=[a-z])(?=[°%])", " ", shown)
    elif value < 0 and dice.chance(25):
        shown = shown.replace("-", "minus ", 1)
    return shown, value
