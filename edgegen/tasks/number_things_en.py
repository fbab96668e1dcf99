"""English questions for the higher and the lower of two quantities in other words, for training alone."""

from edgegen.tasks.number_grammar import Scene, turned

MUCH = (
    (
        "humidity is {a} % in [the cellar|the greenhouse] and {b} % in [the attic|the field]. [Where is it damper?|"
        "Which place is damper?]"
    ),
    "the soil in [pot|bed] A has {a} percent of water, in [pot|bed] B {b} percent. Which soil is wetter?",
    "the noise is {a} dB at {X} and {b} dB at {Y}. [Where is it louder?|Which place is louder?]",
    "{X} has {a} lux, {Y} has {b} lux. [Where is it brighter?|Which place is brighter?]",
    "one well is {a} m deep, another {b} m. Which well is deeper?",
    "Ann is {a} years old, Ben {b}. Who is older?",
    "battery A is at {a} %, battery B at {b} %. Which battery is fuller?",
    "{X} uses {a} kWh and {Y} {b} kWh. [Which uses more?|Which draws more?]",
    "one [tank|bucket] holds {a} litres, the other {b} litres. Where is more water?",
    "[yesterday|in May] we had {a} mm of rain and [today|in June] {b} mm. When did it rain more?",
    "one tower is {a} m high, another {b} m. Which tower is taller?",
    "one board is {a} mm thick, another {b} mm. Which board is thicker?",
    "door A is {a} m wide, door B {b} m. Which door is wider?",
    "the blue team has {a} points, the green team {b}. [Who leads?|Who has more points?]",
    "{X} shows {a} bar, {Y} {b} bar. [Where is more pressure?|Which has more pressure?]",
    "one [bill|rate|loan] is {a} percent, the other {b} percent. Which one asks more?",
)
LESS = turned(
    Scene(MUCH),
    ("damper", "drier"),
    ("wetter", "drier"),
    ("louder", "quieter"),
    ("brighter", "darker"),
    ("deeper", "shallower"),
    ("older", "younger"),
    ("fuller", "emptier"),
    ("uses more", "uses less"),
    ("draws more", "draws less"),
    ("more water", "less water"),
    ("rain more", "rain less"),
    ("taller", "lower"),
    ("thicker", "thinner"),
    ("wider", "narrower"),
    ("leads", "is behind"),
    ("more points", "fewer points"),
    ("more pressure", "less pressure"),
    ("asks more", "asks less"),
).cores
