"""How people give orders to a gateway, as a small grammar: millions of sentences for training out of few lines.

Square brackets hold alternatives, ``[turn|switch]``. ``{NP}`` is what the order is about, the other slots are those of
``edgegen.tasks.iot_command``. A draw goes from the outside in: an order of the intent (or a statement), an opening, a
closing, and perhaps a sentence beside it that means nothing. Names are drawn from lists, from compounds and from
invented words, so that they have to be copied and cannot be known.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

# How often an intent is drawn; of the order of how often a home or a plant asks for it.
INTENTS: Mapping[str, int] = {
    "switch": 14, "switch alone": 6, "switch later": 9, "run": 6, "level": 12, "level alone": 5, "level later": 7,
    "up": 5, "down": 5, "cover": 8, "cover alone": 2, "cover later": 5, "lock": 5, "lock room": 2, "read": 6,
    "read alone": 2, "keep": 7, "keep cover": 2, "keep lock": 1, "all": 5, "all but": 6, "all but room": 4,
    "all alone": 1,
}  # fmt: skip
DRAWN_INTENTS = tuple(intent for intent, weight in INTENTS.items() for _ in range(weight))

# What an order is about, with and without its place.
_PLACED = (
    "the {D} in the {R}", "the {D} in the {R}", "the {D} in the {R}", "the {R} {D}", "the {R} {D}", "the {R} {D}",
    "the {D} [at|inside|of|over in|out in] the {R}", "the {R}'s {D}", "[our|my|that] {D} in the {R}", "{R} {D}",
    "the {D} that is in the {R}", "the {D} ([in the |]{R})",
)  # fmt: skip
_ALONE = ("the {D}", "the {D}", "the {D}", "[our|my|that|this] {D}", "{D}")

_SWITCH = (
    "[turn|switch|flip|power] {o} {NP}",
    "[turn|switch|put|flip] {NP} {o}",
    "{S} {NP}",
    "[make sure|ensure|see to it|check] [that |]{NP} is [turned |switched |]{o}",
    "[set|get] {NP} [to |]{o}",
)
_OPEN = ("{p} {NP}", "{p} {NP}", "[make sure|ensure|see to it] [that |]{NP} is {c}", "get {NP} {c}")
_LEVEL = (
    "[set|put|adjust|change|move|take|dial|regulate|switch|fix] {NP} [to|to|at] {V}",
    "[set|adjust|change] {NP} so that it is [at |]{V}",
    "[make sure|ensure] [that |]{NP} is [at|set to|on] {V}",
    "make it {V} [on|at|for] {NP}",
    "select {V} [on|for|at] {NP}",
)
_READ = (
    "[read|check|query|show me|report|look at|poll|read out] {NP}",
    "[give|send|show|fetch|get] me the [value|reading|state|status|current value|number] [of|from] {NP}",
    "tell me [what|how much] {NP} [reads|says|reports|displays]",
    "find out what {NP} says",
)
# Orders, as they stand after "please" or "can you".
ORDERS: Mapping[str, Sequence[str]] = {
    "switch": _SWITCH,
    "run": (
        "[run|start|operate|use] {NP} for {M}",
        "[turn|switch] {NP} on for {M}",
        "[turn|switch] on {NP} [for|, but only for|for exactly|for just] {M}",
        "let {NP} [run|work|stay on|go] for {M}[ and then stop| and stop it then|]",
        "[for the next |for ]{M}[,|] [run|turn on|switch on] {NP}",
        "leave {NP} on for {M}",
    ),
    "level": _LEVEL,
    "up": (
        "[increase|raise|boost|lift|turn up|step up|crank up|move up] {NP} by {V}",
        "[turn|move|take|set] {NP} up by {V}",
        "add {V} to {NP}",
        "[make|set] {NP} {V} higher",
        "[increase|raise] {NP} [another|a further] {V}",
    ),
    "down": (
        "[decrease|lower|reduce|drop|turn down|step down|cut|move down] {NP} by {V}",
        "[turn|move|take|set] {NP} down by {V}",
        "[take {V} off|subtract {V} from|take {V} away from] {NP}",
        "[make|set] {NP} {V} lower",
        "[decrease|lower] {NP} [another|a further] {V}",
    ),
    "cover": _OPEN,
    "lock": ("{l} {NP}", "{l} {NP}", "[make sure|ensure|see to it] [that |]{NP} is {c}", "[keep|get] {NP} {c}"),
    "read": _READ,
    "keep": (
        "[do not|don't|never] [turn|switch|put] {o} {NP}",
        "[do not|don't|never] [turn|switch|put] {NP} {o}",
        "[do not|don't|never] [touch|change|alter|adjust|modify|{S}] {NP}",
        "leave {NP} [alone|as it is|untouched|the way it is|unchanged]",
        "[change|do] nothing [at|on|with|about] {NP}",
        "under no circumstances [turn|switch] {NP} {o}",
        "make no change to {NP}",
    ),
    "keep cover": ("[do not|don't|never|under no circumstances] {p} {NP}", "leave {NP} [alone|as it is|untouched]"),
    "keep lock": ("[do not|don't|never|under no circumstances] {l} {NP}",),
    "all": (
        "[turn|switch|put|power] {o} {ALL} [in|inside|at|of] the {R}",
        "[turn|switch|put] {ALL} [in|inside|at] the {R} {o}",
        "[in|inside] the {R}[,|] [turn|put] {ALL} {o}",
        "{S} {ALL} [in|inside|at] the {R}",
    ),
    "all but": (
        "[turn|switch|put|power] {o} {ALL} [in|inside|at] the {R}[,|] {BUT} the {D}",
        "[turn|switch|put] {ALL} [in|inside|at] the {R} {o}[,|] {BUT} the {D}",
        "[in|inside] the {R}[,|] [turn|switch|put] {ALL} {o}[,|] {BUT} the {D}",
        "{BUT} the {D}, [turn|switch] {o} {ALL} in the {R}",
        "{S} {ALL} [in|inside|at] the {R} {BUT} the {D}",
    ),
    "all but room": (
        "[turn|switch|put|power] {o} {ALL}[,|] {BUT} [in |]the {R}",
        "[turn|switch|put] {ALL} {o}[,|] {BUT} [in |]the {R}",
        "{BUT} [in |]the {R}, [turn|switch] {ALL} {o}",
        "[turn|switch] {o} {ALL} [outside|everywhere but in] the {R}",
    ),
    "all alone": ("[turn|switch|put] {o} {ALL}", "[turn|switch|put] {ALL} {o}", "{S} {ALL}"),
}
# Sentences and notes of their own.
STATEMENTS: Mapping[str, Sequence[str]] = {
    "switch": (
        "[I want|I need|we need|I would like|we want] {NP} [turned |switched |]{o}",
        "{NP} [should|must|has to|needs to|ought to] [be|go] [turned |switched |]{o}",
        "{NP} [to be |to |= |-> |]{o}",
        "{o} with {NP}",
    ),
    "switch place": (
        "{R}[:|,| -| /] {D} {o}", "{D} {o}[,| in| @| -] {R}", "set {D} {R} {o}", "{o}: {D}, {R}",
        "[turn|switch] the {D} {o}[. It is the one in|, the one in|, I mean the one in] the {R}",
        "in the {R}[,|] [turn|switch] {o} the {D}", "{R}[,|:] [turn|switch|set] the {D} {o}",
    ),
    "run": ("{NP} [should|must|has to|needs to] run for {M}", "[I want|I need|we need] {NP} on for {M}",
            "{NP} on[,|] {M}", "{M} of {NP}"),
    "level": (
        "[I want|I need|we need|I would like] {V} [on|at|from|in] {NP}",
        "{NP} [should|must|has to|needs to|ought to] be [at|set to|on] {V}",
        "{NP}[:| to| =| ->| at|] {V}",
        "{V} [on|at|for] {NP}",
        "[I want|I need|we need] {NP} [at|set to|on] {V}",
    ),
    "level place": ("{R}[:|,| -| /] {D} [to |at |]{V}", "{D} {V}[,| in| @] {R}", "for the {R}[,|:] {D} at {V}",
                    "in the {R}[,|] [put|adjust|move] the {D} to {V}"),
    "up": ("{NP} up by {V}", "{NP} [plus|+] {V}", "[I want|we need] {NP} {V} higher", "{V} more on {NP}"),
    "down": ("{NP} down by {V}", "{NP} [minus|less] {V}", "[I want|we need] {NP} {V} lower", "{V} less on {NP}"),
    "cover": (
        "{NP} [should|must|has to|needs to] be {c}", "[I want|I need|we need|I would like] {NP} {c}",
        "{NP}[:| -| ->] {p}",
    ),
    "cover place": ("{R}[:|,| -| /] {D} {p}", "{R} {D} {p}", "{p} {D}[,| in| @] {R}", "in the {R}[,|] {p} the {D}"),
    "lock": ("{NP} [should|must|has to|needs to] be {c}", "[I want|I need|we need] {NP} {c}", "{NP}[:| -| ->] {l}"),
    "read": (
        "[what|how much] does {NP} [say|show|read|report|display|give]",
        "[what|which] [value|reading|number] [is on|do we have on|comes from] {NP}",
        "how is {NP} [doing|looking]", "[status|value|reading|state] of {NP}", "{NP}[?|: value| status| reading]",
        "I [need|want] the [value|status|reading] of {NP}",
    ),
    "keep": (
        "{NP} [stays|remains|should stay|must stay|is to stay] [as it is|untouched|unchanged]",
        "[I don't|we do not|nobody should] [want|touch] {NP} [changed|touched|turned {o}]",
        "nothing [is to|should|must] happen to {NP}", "no [change|changes] to {NP}",
        "{NP} [must|should] not be [touched|turned {o}|switched {o}|changed]",
    ),
    "keep cover": ("I [don't|do not] want {NP} {C}", "nobody [may|is to] {p} {NP}"),
    "keep lock": ("I [don't|do not] want {NP} {C}", "nobody [may|is to] {l} {NP}"),
    "all": ("{R}[:|,] {ALL} {o}", "{ALL} [in|inside|at] the {R} {o}", "{ALL} [in|at] the {R} [should|must] be {o}",
            "[I want|we need] {ALL} in the {R} {o}"),
    "all but": ("{R}[:|,] {ALL} {o}[,|] {BUT} the {D}", "{ALL} [in|at] the {R} {o}[,|] {BUT} the {D}",
                "{ALL} in the {R} [should|must] be {o}[,|] {BUT} the {D}",
                "[I want|we need] {ALL} in the {R} {o} {BUT} the {D}"),
    "all but room": ("{ALL} {o}[,|] {BUT} [in |]the {R}", "{ALL} [should|must] be {o}[,|] {BUT} [in |]the {R}"),
    "all alone": ("{ALL} {o}", "I want {ALL} {o}"),
}  # fmt: skip
_ALL = "[everything|everything|all devices|all the devices|every device|all|all the equipment]"
_BUT = "[except|except for|but not|apart from|other than|with the exception of|excluding|save for|only not]"
# After "except for the lamp" a clause may follow; "but not" cannot begin a sentence.
_BUT_FIRST = "[except for|apart from|with the exception of|excluding]"

# An order with a moment: before it or after it.
_LATER = ("{X} {AT} {T}", "{X} {AT} {T}", "{X}, {AT} {T}", "{AT} {T}, {X}", "{AT} {T} {X}", "{T}: {X}", "{X} ({T})")
_AT = ("at", "at", "at", "at exactly", "from", "when it is", "as soon as it is", "starting at", "today at",
       "tonight at", "tomorrow at")  # fmt: skip

_OPENINGS = (
    "", "", "", "", "", "", "please ", "please ", "[can|could|would|will] you [please |kindly |quickly |]",
    "I [want|need|would like|'d like] you to ", "you [should|must|may|can|need to] ",
    "[remember|be so kind as|go ahead and try] to ", "[go and|go ahead and|just|now|quickly|kindly] ",
    "[would|could] you be so [kind|nice] as to ", "[we'd|I'd] be [glad|happy|grateful] if you could ",
    "[let us|let's] ", "do [please |]", "I [ask|order|beg] you to ", "your [task|job] is to ", "it would be nice to ",
)  # fmt: skip
_UNOPENED = (
    "do not",
    "don't",
    "never",
    "under",
    "except",
    "apart",
    "with the",
    "excluding",
    "for the",
    "in ",
    "inside",
)
_ASKS = ("can ", "could ", "would ", "will ")
_VOCATIVES = (
    "", "", "", "", "", "hey, ", "ok, ", "hello, ", "hi there, ", "computer, ", "gateway, ", "assistant, ", "listen, ",
    "so, ", "well, ", "alright, ", "good morning, ", "one more thing: ", "um, ", "oh, and ", "next: ", "by the way, ",
    "when you have a second, ", "sorry to bother you, but ", "if possible, ",
)  # fmt: skip
_CLOSINGS = (
    "", "", "", "", "", "", ", please", " please", " now", " right away", ", thanks", " for me", ", will you", " again",
    " immediately", ", thank you", ", ok", ", that is all", " if you can", ", would you", " as soon as you can",
)  # fmt: skip
_ENDS = ("", ".", ".", ".", ".", "!", "...", " .")
# Sentences beside the order that change nothing about it.
_BESIDE = (
    "It is getting dark.", "I am just leaving.", "We have guests.", "The meeting is over.", "My hands are full.",
    "It is so loud here.", "That saves power.", "Thanks a lot!", "Nobody is there any more.", "I forgot it yesterday.",
    "The weather is awful.", "My colleague asked for it.", "It is too bright.", "I can't sleep.", "We start soon.",
    "The children are asleep.", "I will be back later.", "It was like that all day.", "This is urgent.",
    "The boss wants it so.", "It is cold outside.", "You did well last time.", "I have a headache.", "No hurry.",
    "We talked about it before.", "It has been 3 days now.", "There are 4 of us.", "I said it twice already.",
)  # fmt: skip

LONGEST_NAME = 24

# --- names ---------------------------------------------------------------------------------------

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
_SYLLABLES = ("ba", "ko", "ri", "tel", "mon", "dra", "su", "vel", "pin", "gor", "na", "zi", "fen", "lu", "mar", "ot",
              "qui", "sha", "bre", "cal", "do", "wex", "hil", "jun", "ster", "pla", "gri", "ve", "ton",
              "my")  # fmt: skip


def _invented(dice: Dice) -> str:
    return "".join(dice.pick(_SYLLABLES) for _ in range(dice.between(2, 3)))


def device(dice: Dice, kind: str, listed: Sequence[str]) -> str:
    """A name for a device of ``kind``, of at most ``LONGEST_NAME`` characters."""
    noun = dice.pick(listed) if dice.chance(45) else dice.pick(_NOUNS[kind])
    draw = dice.below(100)
    if draw < 60:
        return noun
    if draw < 76:
        named = f"{dice.pick(_ADJECTIVES)} {noun}"
    elif draw < 86:
        named = f"{noun} {dice.between(1, 20)}"
    else:
        named = f"{_invented(dice)} {noun}" if draw < 93 else _invented(dice)
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


# --- sentences -----------------------------------------------------------------------------------


def _core(dice: Dice, intent: str) -> tuple[str, bool]:
    """An order (True) or a statement about ``{NP}``, with its alternatives drawn."""
    base = (
        intent.removesuffix(" later").removesuffix(" alone").removesuffix(" room") if intent != "all but room" else ""
    )
    name = intent if intent in ORDERS else base
    ordered = dice.chance(68)
    if ordered:
        text = dice.pick(ORDERS[name])
    else:
        placed = STATEMENTS.get(f"{name} place", ()) if intent in (name, f"{name} later") else ()
        text = dice.pick((*STATEMENTS[name], *placed))
    text = text.replace("{ALL}", _ALL).replace("{BUT}", _BUT_FIRST if text.startswith("{BUT}") else _BUT)
    unplaced = intent.endswith("alone") or intent in ("lock", "keep lock")
    return drawn(dice, text.replace("{NP}", dice.pick(_ALONE if unplaced else _PLACED))), ordered


def sentence(dice: Dice, intent: str) -> str:
    """A template for ``intent``, with slots for names and values only."""
    text, ordered = _core(dice, intent)
    opens = ordered and dice.chance(75)
    # "Can you don't" is no English, and "you must except for the lamp turn off" is hardly any.
    opening = drawn(dice, dice.pick(_OPENINGS)).replace("I 'd", "I'd") if opens else ""
    if text.startswith(_UNOPENED):
        opening = "please " if opening else ""
    opened = opening + text
    if intent.endswith("later"):
        opened = dice.pick(_LATER).replace("{X}", opened).replace("{AT}", dice.pick(_AT))
    question = opening.startswith(_ASKS) or text.startswith(("what", "which", "how"))
    closing = dice.pick(_CLOSINGS) if dice.chance(55) and not opened.endswith("?") else ""
    end = dice.pick(("?", "?", "?", "", ".")) if question else dice.pick(_ENDS)
    whole = (
        (dice.pick(_VOCATIVES) if dice.chance(45) else "") + opened + closing + ("" if opened.endswith("?") else end)
    )
    # A slot that starts a sentence stays as it is, so that a name is never changed.
    whole = whole[0].upper() + whole[1:] if dice.chance(75) and whole[0] != "{" else whole
    if dice.chance(12):
        beside = dice.pick(_BESIDE)
        whole = (
            f"{beside} {whole}"
            if dice.chance(50)
            else f"{whole.rstrip(' .')}{'' if whole.endswith(('!', '?')) else '.'} {beside}"
        )
    return whole
