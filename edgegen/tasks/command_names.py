"""Names of devices and places in commands to train on: of large tables, listed, compound, numbered and invented ones.

A name has to be copied letter by letter and cannot be known, so there are many of them, and most are no usual device.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.command_words import words
from edgegen.tasks.dice import Dice

LONGEST_NAME = 24

_NOUNS, _PLACES, _COMPOUND_PLACES, _MODIFIERS = map(words, ("nouns", "places", "compound_places", "modifiers"))
# Before a place; "north tower".
_PLACE_KINDS = ("north", "south", "east", "west", "old", "new", "upper", "lower", "main", "rear", "inner", "outer",
                "central", "visitor", "staff", "paint", "test", "packing", "control", "server", "guest", "music",
                "storage", "assembly", "press", "tool", "grain", "machine", "repair", "front", "left", "right", "big",
                "small", "red", "blue", "green", "white", "second", "third", "private", "public")  # fmt: skip
_NUMBERED = ("room", "zone", "hall", "sector", "building", "line", "floor", "area", "block", "unit", "bay", "section",
             "lane", "cell", "gate", "ward", "office", "lab")  # fmt: skip
_USUAL: Mapping[str, Sequence[str]] = {
    "switch": (
        "chandelier", "monitor", "printer", "router", "jukebox", "beacon", "welder", "saw", "hoist", "crane",
        "agitator", "doorbell", "amplifier", "stove", "dishwasher", "tumble dryer", "juicer", "blender", "air purifier",
        "heat lamp", "night light", "loudspeaker", "sign", "floodlight", "ventilator", "cooker", "ionizer", "laser",
        "hob", "infrared lamp", "fish tank pump", "strip light", "paper shredder", "sewing machine", "treadmill",
        "scanner", "server", "gas burner", "microwave",
    ),
    "celsius": ("hot plate", "water bath", "furnace", "chiller", "cooler", "dryer", "floor heating", "bath heater",
                "heat pump", "fish tank heater", "soldering iron", "hot tub"),
    "percent": ("curtain", "damper", "loudspeaker", "screen", "backlight", "throttle", "mixing valve", "shade",
                "vent flap", "feeder", "amplifier", "humidistat"),
    "bar": ("boiler", "spray gun", "accumulator", "hydraulic unit", "air line", "sandblaster"),
    "rpm": ("spindle", "stirrer", "drill", "extractor", "impeller", "drum", "grinder"),
    "lux": ("floodlight", "reading lamp", "strip light", "growth lamp"),
    "cover": ("hood", "flap", "trapdoor", "lid", "barrier", "dormer window", "sliding door", "screen door", "drape",
              "floodgate", "sunshade", "dome", "stopcock", "penstock", "tarpaulin", "shade"),
    "lock": ("wall safe", "steel door", "main entrance", "bike box", "mailbox", "drawer", "fire exit", "display case",
             "trap door", "side door", "wardrobe", "key box", "turnstile", "fence gate"),
    "sensor": ("barometer", "gas meter", "water meter", "hygrometer", "scale", "anemometer", "voltmeter", "ammeter",
               "light sensor", "door contact", "vibration sensor", "tachometer", "leak detector", "thermocouple",
               "radar", "noise meter"),
}  # fmt: skip
# Heads of compounds, "tool cabinet"; a compound is one name, whatever stands before it.
_HEADS: Mapping[str, Sequence[str]] = {
    "switch": (
        "lamp",
        "light",
        "fan",
        "pump",
        "heater",
        "motor",
        "machine",
        "blower",
        "alarm",
        "press",
        "burner",
        "saw",
    ),
    "celsius": ("heater", "oven", "boiler", "cooler", "freezer", "warmer", "stove", "bath"),
    "percent": ("light", "lamp", "valve", "blind", "fan", "flap", "speaker", "mixer"),
    "bar": ("pump", "compressor", "regulator", "press", "tank"),
    "rpm": ("fan", "motor", "drill", "mixer", "saw", "rotor"),
    "lux": ("lamp", "light", "strip", "tube"),
    "cover": ("door", "window", "gate", "valve", "shutter", "blind", "curtain", "cover", "slide"),
    "lock": ("door", "door", "gate", "cabinet", "box", "locker", "cupboard", "chest", "hatchway", "case"),
    "sensor": ("sensor", "meter", "detector", "gauge", "probe", "counter", "scale", "monitor"),
}
_SYLLABLES = ("ba", "ko", "ri", "tel", "mon", "dra", "su", "vel", "pin", "gor", "na", "zi", "fen", "lu", "mar", "ot",
              "qui", "sha", "bre", "cal", "do", "wex", "hil", "jun", "ster", "pla", "gri", "ve", "ton",
              "my")  # fmt: skip


def _invented(dice: Dice) -> str:
    return "".join(dice.pick(_SYLLABLES) for _ in range(dice.between(2, 3)))


def _compound(dice: Dice, kind: str) -> str:
    """A thing of two words; before a lock it may begin with a place, before anything else never.

    "The cellar door" is a door wherever it is, but "the kitchen heater" is a heater in the kitchen.
    """
    if kind == "lock" and dice.chance(40):
        return f"{dice.pick(_PLACES)} {dice.pick(_HEADS[kind])}"
    head = dice.pick(_HEADS[kind]) if dice.chance(50) else dice.pick(_NOUNS)
    before = dice.pick(_MODIFIERS)
    return f"{before} {head}" if before != head else head


def device(dice: Dice, kind: str, listed: Sequence[str]) -> str:
    """A name for a device of ``kind``, of at most ``LONGEST_NAME`` characters."""
    draw = dice.below(100)
    if draw < 45:
        return dice.pick(_NOUNS)
    if draw < 70:
        named = _compound(dice, kind)
        return named if len(named) <= LONGEST_NAME else named.rsplit(maxsplit=1)[-1]
    if draw < 75:
        return _invented(dice)
    noun = dice.pick(listed) if dice.chance(45) else dice.pick(_USUAL[kind])
    if draw < 90:
        return noun
    thing = dice.pick((noun, dice.pick(_NOUNS)))
    named = f"{thing} {dice.between(1, 20)}" if draw < 97 else f"{thing} {dice.pick('bcdefgh')}"
    return named if len(named) <= LONGEST_NAME else noun


def room(dice: Dice, listed: Sequence[str]) -> str:
    """A name for a place, of at most ``LONGEST_NAME`` characters."""
    draw = dice.below(100)
    if draw < 28:
        return dice.pick(listed)
    if draw < 54:
        return dice.pick(_PLACES)
    if draw < 70:
        return dice.pick(_COMPOUND_PLACES)
    place = dice.pick(_PLACES)
    if draw < 85:
        named = f"{dice.pick(_PLACE_KINDS)} {place}"
    elif draw < 93:
        named = f"{dice.pick(_NUMBERED)} {dice.pick((dice.between(1, 40), dice.pick('abcdefgh')))}"
    else:
        named = f"{_invented(dice)} {place}" if draw < 97 else _invented(dice)
    return named if len(named) <= LONGEST_NAME else place
