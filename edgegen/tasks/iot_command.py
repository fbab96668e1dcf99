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
from edgegen.tasks.compact import compact
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import bare
from edgegen.tasks.spoken import number_words, spoken_minutes, spoken_time

Row = dict[str, Any]

ACTIONS = ("on", "off", "set", "increase", "decrease", "open", "close", "lock", "unlock", "read", "keep")
UNITS = ("celsius", "percent", "minutes", "bar", "rpm", "lux")

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "action": {"enum": list(ACTIONS)},
        "device": {"type": "string", "minLength": 1, "maxLength": 24},
        "room": {"type": "string", "minLength": 1, "maxLength": 24},
        "value": {"type": "number", "minimum": -100, "maximum": 10000},
        "unit": {"enum": list(UNITS)},
        "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "except": {"type": "string", "minLength": 1, "maxLength": 24},
    },
    "required": ["action", "device"],
    "additionalProperties": False,
}

# By split. `switch`: on and off; `level`: set to a value of these units; `cover`: open and close; `lock`; `sensor`.
DEVICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "train": {
        "switch": (
            "lamp",
            "light",
            "fan",
            "pump",
            "heater",
            "siren",
            "compressor",
            "conveyor",
            "sprinkler",
            "camera",
            "radio",
            "boiler",
            "charger",
            "mixer",
            "television",
            "oven",
            "kettle",
            "air conditioner",
            "coffee machine",
            "washer",
            "floor lamp",
            "exhaust fan",
            "water heater",
            "ceiling light",
            "grinder",
            "vacuum",
        ),
        "celsius": (
            "thermostat",
            "heater",
            "boiler",
            "air conditioner",
            "oven",
            "freezer",
            "water heater",
            "incubator",
        ),
        "percent": ("dimmer", "lamp", "blind", "valve", "fan", "ceiling light", "speaker", "shutter"),
        "bar": ("pump", "compressor", "pressure regulator"),
        "rpm": ("fan", "mixer", "centrifuge", "motor"),
        "lux": ("floor lamp", "ceiling light"),
        "cover": ("blind", "garage door", "window", "valve", "curtain", "gate", "shutter", "vent", "damper"),
        "lock": ("front door", "gate", "cabinet", "safe", "back door", "locker"),
        "sensor": ("thermometer", "smoke detector", "pressure sensor", "rain gauge", "power meter", "level sensor"),
    },
    "dev": {
        "switch": ("humidifier", "toaster", "winch", "desk lamp"),
        "celsius": ("radiator", "fridge"),
        "percent": ("skylight", "spotlight"),
        "bar": ("sprayer",),
        "rpm": ("lathe",),
        "lux": ("wall light",),
        "cover": ("skylight", "hatch"),
        "lock": ("cellar door", "tool box"),
        "sensor": ("humidity sensor", "wind gauge"),
    },
    "sealed": {
        "switch": (
            "projector",
            "dehumidifier",
            "lantern",
            "drill press",
            "fountain",
            "ice machine",
            "blower",
            "hair dryer",
        ),
        "celsius": ("towel rail", "greenhouse heater", "wine cooler", "kiln"),
        "percent": ("projector", "roller blind", "louver", "string light"),
        "bar": ("booster", "water softener"),
        "rpm": ("blower", "turbine"),
        "lux": ("lantern", "work light"),
        "cover": ("roller blind", "awning", "sluice", "hatchway"),
        "lock": ("side door", "medicine chest", "shed"),
        "sensor": ("flow meter", "motion detector", "soil probe", "dust sensor"),
    },
}

ROOMS: Mapping[str, Sequence[str]] = {
    "train": (
        "kitchen", "garage", "cellar", "greenhouse", "workshop", "warehouse", "office", "stable", "attic", "yard",
        "living room", "bedroom", "bathroom", "hallway", "nursery", "lobby", "server room", "classroom", "canteen",
        "loading dock", "store room", "dining room",
    ),
    "dev": ("laundry room", "library", "porch", "boiler room"),
    "sealed": ("pantry", "conservatory", "reception", "cold room", "balcony", "locker room", "barn", "meeting room"),
}  # fmt: skip


class Wording(NamedTuple):
    """A template: its slots are filled by ``intent``."""

    id: str
    intent: str
    text: str


# {D} device, {R} room, {o} on or off, {O} Open or Close, {L} Lock or Unlock (both in small letters as {p} and {l}),
# {V} value with its unit, {T} time of day, {M} minutes, {N} value alone.
TRAIN: Mapping[str, Sequence[str]] = {
    "switch": (
        "Turn {o} the {D} in the {R}.",
        "Turn the {R} {D} {o}.",
        "Switch the {D} in the {R} {o}.",
        "Please switch {o} the {R} {D}.",
        "Can you turn the {D} {o}? It is the one in the {R}.",
        "{R}: {D} {o}",
        "I want the {D} in the {R} turned {o}.",
        "The {D} in the {R} should be {o}.",
        "Make sure that the {R} {D} is {o}.",
        "Would you please turn {o} the {D} for me? I mean the {R}.",
        "set {D} {R} to {o}",
        "In the {R}, turn the {D} {o} right now.",
        "Hey, {D} {o} in the {R}!",
    ),
    "switch alone": (
        "Turn {o} the {D}.",
        "Switch the {D} {o}, please.",
        "{D} {o}",
        "Could you switch {o} the {D}?",
        "I need the {D} to be {o}.",
        "Just turn the {D} {o}.",
    ),
    "switch later": (
        "Turn {o} the {D} in the {R} at {T}.",
        "At {T}, switch the {R} {D} {o}.",
        "Schedule the {D} in the {R} to go {o} at {T}.",
        "When it is {T}, turn the {D} in the {R} {o}.",
        "The {R} {D} goes {o} at {T}, please.",
        "I would like the {D} in the {R} {o} from {T}.",
        "{T}: {D} {o}, {R}",
    ),
    "run": (
        "Run the {D} in the {R} for {M}.",
        "Turn on the {R} {D} for {M}.",
        "Let the {D} in the {R} run for {M} and then stop.",
        "Switch on the {D} in the {R}, but only for {M}.",
        "I need the {D} in the {R} on for {M}.",
    ),
    "level": (
        "Set the {D} in the {R} to {V}.",
        "Set the {R} {D} to {V}.",
        "Put the {D} in the {R} at {V}.",
        "Change the {R} {D} to {V}, please.",
        "I want {V} on the {D} in the {R}.",
        "The {D} in the {R} should be at {V}.",
        "Adjust the {D} in the {R} to {V}.",
        "{R} {D}: {V}",
        "Could you set the {D} to {V} in the {R}?",
        "Make it {V} on the {R} {D}.",
    ),
    "level alone": ("Set the {D} to {V}.", "{D} to {V}", "Please put the {D} at {V}.", "Change the {D} to {V}."),
    "level later": (
        "Set the {D} in the {R} to {V} at {T}.",
        "At {T}, put the {R} {D} at {V}.",
        "From {T} on, the {D} in the {R} should be at {V}.",
        "Schedule {V} for the {R} {D} at {T}.",
    ),
    "up": (
        "Increase the {D} in the {R} by {V}.",
        "Raise the {R} {D} by {V}.",
        "Turn up the {D} in the {R} by {V}.",
        "Add {V} to the {D} in the {R}.",
    ),
    "down": (
        "Decrease the {D} in the {R} by {V}.",
        "Lower the {R} {D} by {V}.",
        "Turn down the {D} in the {R} by {V}.",
        "Take {V} off the {D} in the {R}.",
    ),
    "cover": (
        "{O} the {D} in the {R}.",
        "Please {p} the {R} {D}.",
        "Can you {p} the {D} in the {R}?",
        "I would like you to {p} the {D} in the {R}.",
        "{R} {D}: {p}",
        "Go and {p} the {D} of the {R}.",
    ),
    "cover later": (
        "{O} the {D} in the {R} at {T}.",
        "At {T} {p} the {R} {D}.",
        "Remember to {p} the {D} in the {R} at {T}.",
    ),
    "lock": (
        "{L} the {D}.",
        "Please {l} the {D} now.",
        "Can you {l} the {D} for me?",
        "I want you to {l} the {D}.",
    ),
    "read": (
        "What does the {D} in the {R} say?",
        "Read the {D} in the {R}.",
        "Show me the {R} {D}.",
        "Give me the value of the {D} in the {R}.",
        "How is the {D} in the {R} doing?",
        "Check the {R} {D}.",
    ),
    "keep": (
        "Do not turn {o} the {D} in the {R}.",
        "Don't touch the {D} in the {R}.",
        "Leave the {R} {D} as it is.",
        "Never switch {o} the {D} in the {R}.",
        "Please don't switch the {R} {D} {o}.",
        "The {D} in the {R} stays as it is.",
    ),
    "all": (
        "Turn {o} everything in the {R}.",
        "Switch all devices in the {R} {o}.",
        "Everything in the {R} {o}, please.",
        "{R}: all {o}",
    ),
    "all but": (
        "Turn {o} everything in the {R} except the {D}.",
        "Switch everything in the {R} {o}, but not the {D}.",
        "All devices in the {R} {o}, apart from the {D}.",
        "In the {R}, turn everything {o} except for the {D}.",
    ),
    "all but room": (
        "Turn {o} everything except the {R}.",
        "Switch everything {o}, but not in the {R}.",
        "Everything {o} apart from the {R}.",
    ),
}

DEV: Mapping[str, Sequence[str]] = {
    "switch": ("Get the {D} in the {R} turned {o}, would you?", "Would you mind switching the {R} {D} {o}?"),
    "switch alone": ("I'd like the {D} {o} now.",),
    "switch later": ("Have the {D} in the {R} turned {o} at {T}.",),
    "run": ("Give the {R} {D} {M} of running time.",),
    "level": ("Bring the {D} in the {R} to {V}.", "{V} for the {D} in the {R}, please."),
    "level later": ("The {R} {D} must be at {V} at {T}.",),
    "up": ("Make the {D} in the {R} go up by {V}.",),
    "down": ("Make the {D} in the {R} go down by {V}.",),
    "cover": ("Would you {p} the {R} {D}?",),
    "cover later": ("I want the {D} in the {R} to {p} at {T}.",),
    "lock": ("Would you {l} the {D}?",),
    "read": ("Tell me what the {R} {D} shows.",),
    "keep": ("Don't you turn {o} the {R} {D}.",),
    "all": ("Every device in the {R} should be {o}.",),
    "all but": ("Turn {o} all devices in the {R}, only not the {D}.",),
    "all but room": ("All devices {o}, except those in the {R}.",),
}

SEALED: Mapping[str, Sequence[str]] = {
    "switch": (
        "I'd like you to switch {o} the {D} in the {R}.",
        "Time to turn the {R} {D} {o}.",
        "Someone should turn the {D} {o} in the {R}.",
        "Please have the {D} in the {R} switched {o}.",
        "How about turning {o} the {R} {D}?",
    ),
    "switch alone": ("Would you turn {o} the {D}, please?", "Let's have the {D} {o}.", "Now switch {o} the {D}."),
    "switch later": (
        "Please turn the {D} in the {R} {o} at {T}.",
        "Once it's {T}, the {D} in the {R} should go {o}.",
        "Plan for {T}: switch {o} the {R} {D}.",
    ),
    "run": ("Keep the {D} in the {R} running for {M}.", "Start the {R} {D} for {M}, then turn it off again."),
    "level": (
        "Get the {R} {D} to {V}.",
        "I'd prefer {V} for the {D} in the {R}.",
        "In the {R}, set the {D} to {V}.",
        "Turn the {D} in the {R} to {V}.",
    ),
    "level alone": ("I'd like the {D} at {V}.", "Have the {D} set to {V}."),
    "level later": ("Please have the {D} in the {R} set to {V} at {T}.", "{T}: {R} {D} to {V}."),
    "up": ("Push the {R} {D} up by {V}.",),
    "down": ("Bring the {D} in the {R} down by {V}.",),
    "cover": ("Could you please {p} the {D} in the {R}?", "The {D} in the {R}: {p} it.", "Time to {p} the {R} {D}."),
    "cover later": ("Please {p} the {R} {D} at {T}.",),
    "lock": ("Could you please {l} the {D}?", "Make sure to {l} the {D}."),
    "read": ("What is the {D} in the {R} showing?", "I want to know the reading of the {R} {D}."),
    "keep": ("Do not switch the {D} in the {R} {o}.", "Keep your hands off the {R} {D}."),
    "all": ("Please turn all devices in the {R} {o}.", "In the {R}, switch everything {o}."),
    "all but": (
        "Please switch {o} everything in the {R} except the {D}.",
        "Everything {o} in the {R}, only not the {D}.",
    ),
    "all but room": ("Switch {o} everything except the {R}.",),
}

WORDINGS: Mapping[str, Mapping[str, Sequence[str]]] = {"train": TRAIN, "dev": DEV, "sealed": SEALED}

# Around the sentence, so that an answer does not hang on how an application asks: the sentence alone in half of all.
FRAMES: Mapping[str, Sequence[str]] = {
    "train": (
        "{s}",
        "Command: {s}",
        "Write this command as JSON: {s}",
        "Translate into a device command (JSON only).\n{s}",
        '{s}\nAnswer with a JSON object that has "action" and "device".',
        "User says: {s}",
        "Which command is meant? {s}",
        "Convert the request to JSON for the gateway.\nRequest: {s}",
        "{s} As JSON.",
    ),
    "dev": ("{s}", "Give the JSON command for: {s}"),
    "sealed": ("{s}", "Turn this request into a JSON command: {s}"),
}

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
    slots = {"o": word, "p": word, "l": word, "O": word.capitalize(), "L": word.capitalize()}
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
        if _ours(command, "train"):
            break
    sentence = text.format(**slots)
    draw = dice.below(100)
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
        listed = DEVICES["train"][kind]
        name = _free(lambda: command_names.device(dice, kind, listed))
        slots["D"] = command["except" if intent.startswith("all") else "device"] = name
    if "{R}" in text:
        name = _free(lambda: command_names.room(dice, ROOMS["train"]))
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


def _free(draw: Callable[[], str]) -> str:
    """A name that is none held out and holds none."""
    while True:
        name = draw()
        if not any(f" {held} " in f" {name} " for held in HELD_NAMES):
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
