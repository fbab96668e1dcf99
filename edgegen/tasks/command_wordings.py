"""Names and wordings of commands by split: ``train``, ``dev`` for tuning, ``sealed`` for the proof.

No wording and no name of one split is in another, nor in what ``command_grammar`` and ``command_names`` make for
training. The names of dev are of one, two and three words, and of words that a tokenizer keeps whole after a blank and
splits after a quote: what is hard to copy shows there.
"""

from collections.abc import Mapping, Sequence

# By split. `switch`: on and off; `level`: set to a value of these units; `cover`: open and close; `lock`; `sensor`.
DEVICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "train": {
        "switch": (
            "lamp", "light", "fan", "pump", "heater", "siren", "compressor", "conveyor", "sprinkler", "camera", "radio",
            "boiler", "charger", "mixer", "television", "oven", "kettle", "air conditioner", "coffee machine", "washer",
            "floor lamp", "exhaust fan", "water heater", "ceiling light", "grinder", "vacuum",
        ),
        "celsius": (
            "thermostat", "heater", "boiler", "air conditioner", "oven", "freezer", "water heater", "incubator",
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
        "switch": (
            "humidifier", "toaster", "winch", "desk lamp", "samovar", "waffle iron", "karaoke system", "subwoofer",
            "telescope", "massage chair", "mosquito trap", "bug zapper", "sump pump", "electric fence", "gramophone",
            "neon sign", "deep fat fryer", "radio alarm clock", "LED panel", "Rühmixer",
        ),
        "celsius": (
            "radiator", "fridge", "pizza oven", "yogurt maker", "rice cooker", "brazier", "crucible", "terrarium",
            "bain marie", "bread proving drawer",
        ),
        "percent": ("skylight", "spotlight", "sconce", "equalizer", "nozzle", "fogger", "accent light", "jalousie"),
        "bar": ("sprayer", "airbrush", "espresso maker", "nail gun", "bicycle pump", "piston", "P-204"),
        "rpm": ("lathe", "pottery wheel", "propeller", "turntable", "salad spinner", "whisk", "floor standing fan"),
        "lux": ("wall light", "bollard light", "algae lamp"),
        "cover": (
            "skylight", "hatch", "portcullis", "canopy", "cat flap", "marquee", "faucet", "drawbridge", "glass roof",
        ),
        "lock": (
            "cellar door", "tool box", "vault", "gun cabinet", "jewelry box", "bike rack", "glove compartment",
            "humidor", "vestry door",
        ),
        "sensor": (
            "humidity sensor", "wind gauge", "seismograph", "geiger counter", "oximeter", "odometer", "pollen sensor",
            "tide gauge", "baby monitor", "microscope", "carbon monoxide sensor", "T12",
        ),
    },
    "sealed": {
        "switch": (
            "projector", "dehumidifier", "lantern", "drill press", "fountain", "ice machine", "blower", "hair dryer",
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
}  # fmt: skip

ROOMS: Mapping[str, Sequence[str]] = {
    "train": (
        "kitchen", "garage", "cellar", "greenhouse", "workshop", "warehouse", "office", "stable", "attic", "yard",
        "living room", "bedroom", "bathroom", "hallway", "nursery", "lobby", "server room", "classroom", "canteen",
        "loading dock", "store room", "dining room",
    ),
    "dev": (
        "laundry room", "library", "porch", "boiler room", "vineyard", "observatory", "courtyard", "lighthouse",
        "bakery", "gazebo", "scullery", "mezzanine", "veranda", "foyer", "cloakroom", "aviary", "crypt", "annex",
        "atrium", "solarium", "utility room", "guest bathroom", "roof terrace", "dark room", "snack bar", "candle shop",
        "hobby room", "breezeway", "catacombs", "cabana", "sundeck", "bookstore", "freezer room", "east wing", "smithy",
        "reef tank room", "old printing works",
    ),
    "sealed": ("pantry", "conservatory", "reception", "cold room", "balcony", "locker room", "barn", "meeting room"),
}  # fmt: skip

# {D} device, {R} room, {o} on or off, {O} Open or Close, {L} Lock or Unlock (both in small letters as {p} and {l}),
# {x} the opposite of what is meant, {V} value with its unit, {T} time of day, {M} minutes.
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
    "switch": (
        "Get the {D} in the {R} turned {o}, would you?",
        "Would you mind switching the {R} {D} {o}?",
        "It would be lovely to have the {D} in the {R} {o}.",
        "The {D}, that is the one in the {R}, needs switching {o}.",
        "I've decided to have the {R} {D} {o}.",
        "Quick, the {R} {D} has to go {o}!",
    ),
    "switch alone": (
        "I'd like the {D} {o} now.",
        "The {D} could do with being {o}.",
        "If it isn't too much trouble, turn the {D} {o}.",
    ),
    "switch corrected": ("Get the {D} in the {R} turned {x} - no, {o}.", "The {R} {D} {x}, ah, I meant {o}."),
    "switch later": (
        "Have the {D} in the {R} turned {o} at {T}.",
        "Come {T}, the {R} {D} must be {o}.",
        "Don't forget: {R} {D} {o} at {T}.",
        "On the stroke of {T}, turn the {D} in the {R} {o}.",
    ),
    "run": (
        "Give the {R} {D} {M} of running time.",
        "Have the {D} in the {R} going for {M}, no longer.",
        "{M} on the {R} {D}, starting now.",
        "The {D} in the {R} is to run {M} and no more.",
    ),
    "level": (
        "Bring the {D} in the {R} to {V}.",
        "{V} for the {D} in the {R}, please.",
        "The right setting for the {D} in the {R} is {V}.",
        "I think {V} would be best for the {R} {D}.",
        "The {R} {D} ought to read {V}, so set it.",
    ),
    "level alone": ("{V} on the {D} would be perfect.", "Kindly bring the {D} to {V}."),
    "level later": (
        "The {R} {D} must be at {V} at {T}.",
        "At {T} sharp I want the {D} in the {R} at {V}.",
        "When it gets to be {T}, the {R} {D} should go to {V}.",
    ),
    "up": (
        "Make the {D} in the {R} go up by {V}.",
        "The {R} {D} is too low, bring it up by {V}.",
        "Nudge the {D} in the {R} upwards by {V}.",
    ),
    "down": (
        "Make the {D} in the {R} go down by {V}.",
        "The {R} {D} is too high, take it down by {V}.",
        "Knock {V} off the {D} in the {R}.",
    ),
    "cover": (
        "Would you {p} the {R} {D}?",
        "Would it be all right to {p} the {D} in the {R}?",
        "You may {p} the {R} {D} now.",
    ),
    "cover alone": ("You can {p} the {D} now, thanks.", "Let's {p} the {D}, shall we?"),
    "cover later": (
        "I want the {D} in the {R} to {p} at {T}.",
        "Wait for {T} and {p} the {R} {D}.",
        "Set it up so that the {D} in the {R} will {p} at {T}.",
    ),
    "lock": ("Would you {l} the {D}?", "Better {l} the {D} before we go.", "The {D}, please {l} it."),
    "lock room": ("Better {l} the {D} in the {R}, just to be safe.",),
    "read": (
        "Tell me what the {R} {D} shows.",
        "What are we getting from the {R} {D}?",
        "Any idea what the {D} in the {R} reads?",
        "The figure from the {R} {D}, please.",
    ),
    "read alone": ("And what does the {D} say at the moment?",),
    "keep": (
        "Don't you turn {o} the {R} {D}.",
        "Whatever happens, the {R} {D} is not to be turned {o}.",
        "I'm happy with the {R} {D}, so leave it.",
        "No need to turn the {D} in the {R} {o}.",
    ),
    "keep cover": ("I'd rather you didn't {p} the {D} in the {R}.",),
    "keep lock": ("Please don't {l} the {D} just yet.",),
    "all": (
        "Every device in the {R} should be {o}.",
        "Anything you find in the {R} should go {o}.",
        "I want the entire {R} {o}.",
    ),
    "all but": (
        "Turn {o} all devices in the {R}, only not the {D}.",
        "The {D} aside, turn everything in the {R} {o}.",
        "Put all of the {R} {o}, just not the {D}.",
    ),
    "all but room": (
        "All devices {o}, except those in the {R}.",
        "Everything {o}, the {R} being the exception.",
        "Turn the whole place {o}, only the {R} stays the way it is.",
    ),
    "all alone": ("Absolutely everything should go {o}.",),
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
    "dev": ("{s}", "Give the JSON command for: {s}", "Please put this into JSON: {s}"),
    "sealed": ("{s}", "Turn this request into a JSON command: {s}"),
}
