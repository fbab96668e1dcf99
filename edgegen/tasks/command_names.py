"""Names of devices and places in commands to train on: listed, compound, numbered and invented ones.

A name has to be copied letter by letter and cannot be known, so there are many of them, and most are no usual device.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.dice import Dice

LONGEST_NAME = 24


_ADJECTIVES = (
    "left", "right", "upper", "lower", "front", "rear", "big", "small", "old", "new", "main", "spare", "second",
    "third", "red", "blue", "green", "white", "black", "grey", "yellow", "tall", "round", "outer", "inner", "middle",
    "mobile", "backup", "primary", "auxiliary", "emergency", "portable", "northern", "southern",
)  # fmt: skip
_PLACES = (
    "annex", "wing", "hall", "yard", "shop", "depot", "office", "lobby", "corridor", "stairwell", "courtyard", "deck",
    "chamber", "lounge", "gallery", "vault", "tower", "dock", "bay", "tunnel", "shelter", "pavilion", "lab", "foyer",
    "veranda", "playroom", "den", "archive", "booth", "ward", "studio", "gym", "sauna", "cabin", "hangar", "atrium",
    "terminal", "market", "cloakroom", "entrance", "suite", "penthouse", "chapel", "auditorium", "clinic", "platform",
)  # fmt: skip
_PLACE_KINDS = ("north", "south", "east", "west", "old", "new", "upper", "lower", "main", "rear", "inner", "outer",
                "central", "visitor", "staff", "paint", "test", "packing", "control", "server", "guest", "music",
                "storage", "assembly", "press", "tool", "grain", "machine", "repair")  # fmt: skip
_NUMBERED = ("room", "zone", "hall", "sector", "building", "line", "floor", "area", "block", "unit", "bay", "section",
             "lane", "cell", "gate", "ward", "office", "lab")  # fmt: skip
_NOUNS: Mapping[str, Sequence[str]] = {
    "switch": (
        "chandelier", "monitor", "printer", "router", "jukebox", "beacon", "welder", "saw", "hoist", "crane",
        "agitator", "doorbell", "amplifier", "stove", "dishwasher", "tumble dryer", "juicer", "blender", "air purifier",
        "heat lamp", "night light", "loudspeaker", "sign", "floodlight", "ventilator", "cooker", "ionizer", "laser",
        "hob", "infrared lamp", "pond pump", "strip light", "paper shredder", "sewing machine", "treadmill",
        "scanner", "server", "gas burner", "microwave",
    ),
    "celsius": ("hot plate", "water bath", "furnace", "chiller", "cooler", "dryer", "floor heating", "sauna heater",
                "heat pump", "aquarium heater", "soldering iron", "hot tub"),
    "percent": ("curtain", "damper", "loudspeaker", "screen", "backlight", "throttle", "mixing valve", "shade",
                "vent flap", "feeder", "amplifier", "humidistat"),
    "bar": ("boiler", "spray gun", "accumulator", "hydraulic unit", "air line", "sandblaster"),
    "rpm": ("spindle", "stirrer", "drill", "extractor", "impeller", "drum", "grinder"),
    "lux": ("floodlight", "reading lamp", "strip light", "growth lamp"),
    "cover": ("hood", "flap", "trapdoor", "lid", "barrier", "roof window", "sliding door", "screen door", "drape",
              "floodgate", "sunshade", "dome", "stopcock", "penstock", "tarpaulin", "shade"),
    "lock": ("vault", "archive door", "main entrance", "bike shed", "mailbox", "drawer", "fire exit", "display case",
             "roof hatch", "garage", "wardrobe", "key box", "turnstile", "fence gate"),
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
_MODIFIERS = (
    "table", "wall", "corner", "steel", "glass", "oak", "wire", "tool", "water", "air", "oil", "gas", "steam", "dust",
    "heat", "fire", "hand", "foot", "roof", "side", "staff", "guest", "service", "reading", "night", "work", "party",
    "signal", "spot", "stage", "street", "tent", "horse", "grain", "paint", "wood", "metal", "paper", "bread", "milk",
    "wine", "meat", "feed", "seed", "fuel", "cash", "key", "medicine", "bottle", "bicycle", "boat", "truck", "crane",
    "lift", "pond", "bed", "mirror", "piano", "book", "coat", "shoe", "boot", "hay", "straw", "salt", "sand", "gravel",
    "current", "oxygen", "ozone", "sound", "level", "weight", "speed", "torque", "tilt", "light", "leaf", "root",
    "battery", "engine",
)  # fmt: skip
# Of a lock alone: "the kitchen heater" is a heater in the kitchen, but the cellar door is a door.
_ROOM_MODIFIERS = (
    "garden", "kitchen", "garage", "attic", "basement", "workshop", "stable", "shed", "office", "cellar",
    "hall", "laundry", "boat house", "wine cellar", "pump house", "cash office", "engine room",
    "gate house",
)  # fmt: skip
# Any thing at all: a name has to be copied letter by letter, whatever the model would rather read.
_THINGS = (
    "accordion", "aerator", "airlock", "anvil", "aquastat", "armature", "atomizer", "auger", "awning", "axle",
    "backstop", "baffle", "baler", "ballast", "banner", "bassinet", "bellows", "binder", "blanket", "blaster",
    "blinker", "bobbin", "bollard", "bottler", "breaker", "brewer", "broiler", "brooder", "bucket", "buffer", "bulb",
    "bunker", "burner", "buzzer", "canopy", "capstan", "carousel", "catapult", "chimney", "chiller", "chopper",
    "churn", "cistern", "clamp", "clipper", "clock", "coil", "collector", "combine", "condenser", "copier", "cradle",
    "crate", "crimper", "cruncher", "crystallizer", "cultivator", "cutter", "cyclotron", "defroster", "dehydrator",
    "densitometer", "derrick", "dicer", "diffuser", "digger", "disinfector", "dispenser", "distiller", "doser",
    "dredger", "dripper", "duster", "dynamo", "easel", "economizer", "elevator", "engraver", "enlarger", "evaporator",
    "excavator", "extruder", "eyelet", "feeder", "fermenter", "filler", "filter", "flare", "flasher", "folder",
    "forge", "fountain", "freshener", "fryer", "fumigator", "fuse", "gantry", "gasket", "generator", "geyser",
    "gimbal", "glider", "gong", "governor", "granulator", "griddle", "grill", "hammer", "harrow", "heatsink", "hopper",
    "horn", "hose", "hydrant", "igniter", "inflator", "injector", "insulator", "inverter", "ionizer", "isolator",
    "jack", "jigsaw", "kiln", "kneader", "ladle", "lantern", "laminator", "launcher", "leveller", "lifter", "loader",
    "locomotive", "loom", "magnet", "mangle", "marker", "masher", "milker", "mincer", "mister", "modem", "mower",
    "nebulizer", "nozzle", "oiler", "organ", "oscillator", "packer", "paddle", "pager", "panel", "pasteurizer",
    "peeler", "percolator", "photocopier", "pipette", "piston", "planer", "plotter", "plough", "polisher", "popper",
    "potentiometer", "presser", "primer", "projector", "propeller", "pruner", "puller", "pulper", "puncher",
    "purifier", "pusher", "racker", "radar", "ramp", "reactor", "receiver", "recorder", "rectifier", "reel", "refiner",
    "relay", "repeater", "rheostat", "riveter", "roaster", "robot", "roller", "rotator", "router", "salter", "sander",
    "satellite", "sealer", "seeder", "selector", "separator", "sharpener", "shaker", "shaver", "shearer", "shuttle",
    "sifter", "slicer", "sluice", "smelter", "smoker", "smoother", "snowplough", "softener", "solenoid", "sorter",
    "spinner", "splitter", "sprinkler", "squeezer", "stapler", "starter", "steamer", "stepper", "sterilizer",
    "stretcher", "strobe", "stunner", "sunlamp", "sweeper", "synthesizer", "teleprinter", "telescope", "tenderizer",
    "theodolite", "thresher", "thruster", "tiller", "timer", "tipper", "torch", "tractor", "trailer", "transmitter",
    "trimmer", "trolley", "trowel", "tuner", "turbine", "turner", "twister", "typewriter", "ultrasound", "unwinder",
    "urn", "vaporizer", "vibrator", "viewer", "viscometer", "washer", "waterwheel", "waxer", "weeder", "weigher",
    "wheel", "whisk", "windmill", "wiper", "wrapper", "xylophone", "zapper",
)  # fmt: skip
_SYLLABLES = ("ba", "ko", "ri", "tel", "mon", "dra", "su", "vel", "pin", "gor", "na", "zi", "fen", "lu", "mar", "ot",
              "qui", "sha", "bre", "cal", "do", "wex", "hil", "jun", "ster", "pla", "gri", "ve", "ton",
              "my")  # fmt: skip


def _invented(dice: Dice) -> str:
    return "".join(dice.pick(_SYLLABLES) for _ in range(dice.between(2, 3)))


def device(dice: Dice, kind: str, listed: Sequence[str]) -> str:
    """A name for a device of ``kind``, of at most ``LONGEST_NAME`` characters."""
    draw = dice.below(100)
    if draw < 26:
        return dice.pick(_THINGS)
    if draw < 34:
        return _invented(dice)
    noun = dice.pick(listed) if dice.chance(45) else dice.pick(_NOUNS[kind])
    if draw < 54:
        return noun
    if draw < 76:
        before = _ROOM_MODIFIERS if kind == "lock" and dice.chance(50) else _MODIFIERS
        named = f"{dice.pick(before)} {dice.pick(_HEADS[kind])}"
    elif draw < 86:
        named = f"{dice.pick(_ADJECTIVES)} {dice.pick((noun, dice.pick(_THINGS)))}"
    elif draw < 94:
        named = f"{dice.pick((noun, dice.pick(_THINGS)))} {dice.between(1, 20)}"
    else:
        named = f"{_invented(dice)} {noun}"
    return named if len(named) <= LONGEST_NAME else noun


def room(dice: Dice, listed: Sequence[str]) -> str:
    """A name for a place, of at most ``LONGEST_NAME`` characters."""
    draw = dice.below(100)
    if draw < 40:
        return dice.pick(listed)
    if draw < 55:
        return dice.pick(_PLACES)
    if draw < 76:
        return f"{dice.pick(_PLACE_KINDS)} {dice.pick(_PLACES)}"
    if draw < 86:
        return f"{dice.pick(_NUMBERED)} {dice.pick((dice.between(1, 40), dice.pick('abcdefgh')))}"
    return f"{_invented(dice)} {dice.pick(_PLACES)}" if draw < 93 else _invented(dice)
