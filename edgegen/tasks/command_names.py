"""Names of devices and places in commands to train on: of large tables, listed, compound, numbered and invented ones.

A name has to be copied letter by letter and cannot be known, so there are many of them, and most are no usual device.
Any word may be a name where the words around it say where it begins and ends ("the ... in the ..."); where a place
stands right before its device only what can be told for a place is one.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.command_words import words
from edgegen.tasks.dice import Dice

LONGEST_NAME = 24

_NOUNS, _PLACES, _COMPOUND_PLACES, _MODIFIERS, _SPELLINGS = map(
    words, ("nouns", "places", "compound_places", "modifiers", "spellings")
)
_KNOWN = frozenset((*_NOUNS, *_PLACES, *_MODIFIERS, *_SPELLINGS))
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


# Names as they stand on a plate or in an application: to be copied with capitals, digits, signs and accents.
_TAGS = (
    "LED strip", "TV", "HVAC", "UV lamp", "AC", "USB hub", "PC", "IR heater", "CO2 valve", "DVD player", "WiFi router",
    "3D printer", "X-ray unit", "EV charger", "AHU", "VFD", "Hi-Fi", "CNC mill", "PLC", "UPS", "VCR", "MRI", "RO unit",
    "Lüfter", "Rollladen", "cafetière", "plafonnier", "lámpara", "ventilação", "kipas angin", "lampu", "pompe à eau",
    "nevera", "calefacción", "Heizkörper", "Türschloss", "portão", "persiana", "Kühltruhe", "chaudière", "luminária",
    "llave de agua", "Geschirrspüler", "pompa air", "gerbang", "Störlampe", "frigorífico", "écran",
)  # fmt: skip
_OWNERS = ("Anna", "Ben", "Chloé", "Diego", "Emma", "Frank", "Grandma", "Hassan", "Ines", "Jonas", "Karin", "Luis",
           "Mum", "Noor", "Olga", "Paul", "Quentin", "Rosa", "Sven", "Tina", "Uwe", "Vera", "Wei", "Yusuf",
           "Zoë")  # fmt: skip
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _invented(dice: Dice) -> str:
    """A word that there is not: of syllables, or the beginning of one word with the end of another."""
    while True:
        if dice.chance(40):
            word = "".join(dice.pick(_SYLLABLES) for _ in range(dice.between(2, 3)))
        else:
            begin, end = (dice.pick(dice.pick((_NOUNS, _SPELLINGS))) for _ in range(2))
            word = begin[: dice.between(2, 5)] + end[-dice.between(3, 5) :]
        if word not in _KNOWN:
            return word


def _compound(dice: Dice, kind: str, *, placed: bool) -> str:
    """A thing of two or three words; before a lock it may begin with a place, before anything else never.

    "The cellar door" is a door wherever it is, but "the kitchen heater" is a heater in the kitchen.
    """
    if kind == "lock" and dice.chance(40):
        return f"{dice.pick(_PLACES)} {dice.pick(_HEADS[kind])}"
    head = dice.pick(_HEADS[kind]) if dice.chance(50) else dice.pick(_NOUNS)
    before = dice.pick(_SPELLINGS if placed and dice.chance(40) else _MODIFIERS)
    if dice.chance(15):
        before = f"{before} {dice.pick(_NOUNS if dice.chance(50) else _MODIFIERS)}"
    return f"{before} {head}" if head not in before.split() else head


def _labelled(dice: Dice, *, placed: bool) -> str:
    """A name that is no lower-case word: "P-101", "mixer-4", "LED strip", "Anna's lamp"."""
    noun, letter = dice.pick(_NOUNS), dice.pick(_LETTERS)
    if placed and dice.chance(20):
        return f"{dice.pick(_OWNERS)}'s {noun}"
    forms = (f"{letter}{dice.between(1, 40)}", f"{letter}-{dice.between(1, 400)}", f"{noun}-{dice.between(1, 40)}",
             f"{noun.capitalize()} {letter}", f"{noun.capitalize()} {dice.between(1, 40)}",
             f"{letter}{dice.pick(_LETTERS)}-{dice.between(1, 99):02}", noun.capitalize(),
             f"{noun}_{dice.between(1, 9)}")  # fmt: skip
    return dice.pick(_TAGS) if dice.chance(25) else dice.pick(forms)


def device(dice: Dice, kind: str, listed: Sequence[str], *, placed: bool = False) -> str:
    """A name for a device of ``kind``, of at most ``LONGEST_NAME`` characters.

    Args:
        placed: Whether the sentence says where it is, so that its first word cannot be the place and may be any.
    """
    draw = dice.below(100)
    if draw < 26:
        return dice.pick(_NOUNS)
    if draw < 48:
        return dice.pick(_SPELLINGS)
    if draw < 56:
        return _invented(dice)
    noun = dice.pick(listed) if dice.chance(45) else dice.pick(_USUAL[kind])
    if draw < 78:
        named = _compound(dice, kind, placed=placed)
        return named if len(named) <= LONGEST_NAME else named.rsplit(maxsplit=1)[-1]
    if draw < 82:
        named = _labelled(dice, placed=placed)
        return named if len(named) <= LONGEST_NAME else noun
    if draw < 92:
        return noun
    thing = dice.pick((noun, dice.pick(_NOUNS)))
    named = f"{thing} {dice.between(1, 20)}" if draw < 98 else f"{thing} {dice.pick('bcdefgh')}"
    return named if len(named) <= LONGEST_NAME else noun


def room(dice: Dice, listed: Sequence[str], *, apart: bool = False) -> str:
    """A name for a place, of at most ``LONGEST_NAME`` characters.

    Args:
        apart: Whether it does not stand right before or behind a device, so that it may be any word.
    """
    draw = dice.below(100)
    if draw < 15:
        return dice.pick(listed)
    if draw < 38:
        return dice.pick(_PLACES)
    if draw < 53:
        return dice.pick(_COMPOUND_PLACES)
    place = dice.pick(_PLACES)
    if draw < 66:
        named = f"{dice.pick(_PLACE_KINDS)} {dice.pick(_COMPOUND_PLACES) if dice.chance(20) else place}"
    elif draw < 74:
        number, kind = dice.pick((dice.between(1, 40), dice.pick("abcdefgh"))), dice.pick(_NUMBERED)
        named = f"{kind} {number}" if draw < 72 else f"{kind} {number}".title()
    elif draw < 80:
        named = f"{_invented(dice)} {place}" if draw < 77 else _invented(dice)
    elif not apart:
        return place
    else:
        named = (
            dice.pick(_SPELLINGS) if draw < 92 else _invented(dice) if draw < 96 else f"{dice.pick(_SPELLINGS)} {place}"
        )
    return named if len(named) <= LONGEST_NAME else place
