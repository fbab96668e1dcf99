"""How people give orders to a gateway, as a small grammar: millions of sentences for training out of few lines.

Square brackets hold alternatives, ``[turn|switch]``. ``{NP}`` is what the order is about, the other slots are those of
``edgegen.tasks.iot_command``. A draw goes from the outside in: an order of the intent (or a statement), an opening, a
closing, and perhaps a sentence beside it that means nothing. Names come from ``command_names``.
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
# "Lock the cellar door" names a cellar door: a place before a lock is part of its name.
_PLACED_LOCK = ("the {D} in the {R}", "the {D} [at|inside|of|over in|out in] the {R}", "the {D} that is in the {R}")
_ALONE = ("the {D}", "the {D}", "the {D}", "[our|my|that|this] {D}", "{D}")

_SWITCH = (
    "[turn|switch|flip|power] {o} {NP}",
    "[turn|switch|put|flip] {NP} {o}",
    "{S} {NP}",
    "[make sure|ensure|see to it|check] [that |]{NP} is [turned |switched |]{o}",
    "[set|get] {NP} [to |]{o}",
    "[let|have] {NP} [be|go|stay] {o}",
    "[change|flip|move|toggle] {NP} [to|into] [the |]{o}[ position| state|]",
    "[arrange|provide] for {NP} to be {o}",
)
_OPEN = (
    "{p} {NP}",
    "{p} {NP}",
    "[make sure|ensure|see to it] [that |]{NP} is {c}", "[get|have|put|set] {NP} {c}",
    "[let|have] {NP} be {c}", "move {NP} until it is {c}",
)  # fmt: skip
_LEVEL = (
    "[set|put|adjust|change|move|take|dial|regulate|switch|fix] {NP} [to|to|at] {V}",
    "[set|adjust|change] {NP} so that it is [at |]{V}",
    "[make sure|ensure] [that |]{NP} is [at|set to|on] {V}",
    "make it {V} [on|at|for] {NP}",
    "select {V} [on|for|at] {NP}",
    "[turn|push|get|drive|steer|tune] {NP} to {V}",
    "[hold|keep|run|leave|maintain] {NP} at {V}",
    "[let|have] {NP} [be|go|stay] at {V}",
    "[give|enter|dial in|choose|pick] {V} [for|on|as the setpoint of|as the level of] {NP}",
    "[use|apply] a [setting|level|setpoint|target] of {V} [for|on] {NP}",
)
_READ = (
    "[read|check|query|show me|report|look at|poll|read out] {NP}",
    "[give|send|show|fetch|get] me the [value|reading|state|status|current value|number] [of|from] {NP}",
    "tell me [what|how much] {NP} [reads|says|reports|displays]",
    "find out what {NP} says",
    "[let|have] me [see|know|hear] [what {NP} says|the value of {NP}|the reading of {NP}]",
    "[get|take|request|ask for] [a reading|the value|the latest number|a measurement] [from|of] {NP}",
    "[ask|consult|poll|sample] {NP} [for its value|for a reading|once|]",
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
        "[start|run|power|use] {NP} {M} [long|only|straight|and no longer|and not a minute more]",
        "[allow|grant] {NP} {M} [on|of work|of operation|to run|of service]",
        "[have|keep] {NP} [on|running|going|working] [for|during] [the next |]{M}",
        "[start|switch on] {NP}, [let it run|keep it on|and leave it on] for {M}",
    ),
    "level": _LEVEL,
    "up": (
        "[increase|raise|boost|lift|turn up|step up|crank up|move up] {NP} by {V}",
        "[turn|move|take|set] {NP} up by {V}",
        "add {V} to {NP}",
        "[make|set] {NP} {V} higher",
        "[increase|raise] {NP} [another|a further] {V}",
        "[put|give|set] {NP} {V} [more|extra|on top]",
        "[push|shift|nudge|bump] {NP} up [by |]{V}",
        "[let|have] {NP} [rise|climb|come up|grow] by {V}",
    ),
    "down": (
        "[decrease|lower|reduce|drop|turn down|step down|cut|move down] {NP} by {V}",
        "[turn|move|take|set] {NP} down by {V}",
        "[take {V} off|subtract {V} from|take {V} away from] {NP}",
        "[make|set] {NP} {V} lower",
        "[decrease|lower] {NP} [another|a further] {V}",
        "[put|give|set] {NP} {V} less",
        "[push|shift|nudge|bump] {NP} down [by |]{V}",
        "[let|have] {NP} [fall|sink|come down|drop] by {V}",
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
        "[keep|take] your hands off {NP}",
        "[see to it|make sure] [that |]nobody [turns|switches] {NP} {o}",
        "[avoid|refrain from] [turning|switching] {o} {NP}",
        "[ignore|skip|spare|leave out] {NP}",
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
        "[it is|it's] time [to turn|to switch|for turning] {o} {NP}",
        "[would|do] you mind turning {o} {NP}",
        "[how|what] about [turning|putting|switching] {o} {NP}",
        "[I'd|I would] [prefer|rather have|be happier with] {NP} {o}",
        "{NP} [wants|ought|is supposed] to be {o}",
        "[is it possible|would it be possible] to [turn|switch] {o} {NP}",
    ),
    "switch place": (
        "{R}[:|,| -| /] {D} {o}", "{D} {o}[,| in| @| -] {R}", "set {D} {R} {o}", "{o}: {D}, {R}",
        "[turn|switch] the {D} {o}[. It is the one in|, the one in|, I mean the one in] the {R}",
        "in the {R}[,|] [turn|switch] {o} the {D}", "{R}[,|:] [turn|switch|set] the {D} {o}",
    ),
    "run": ("{NP} [should|must|has to|needs to] run for {M}", "[I want|I need|we need] {NP} on for {M}",
            "{NP} on[,|] {M}", "{M} of {NP}", "{NP} [gets|needs|wants] {M}", "{NP}[:|,|] {M}[ on| of work|]",
            "{NP} [is to|shall|should] be on for {M}", "[would|do] you mind running {NP} for {M}"),
    "level": (
        "[I want|I need|we need|I would like] {V} [on|at|from|in] {NP}",
        "{NP} [should|must|has to|needs to|ought to] be [at|set to|on] {V}",
        "{NP}[:| to| =| ->| at|] {V}",
        "{V} [on|at|for] {NP}",
        "[I want|I need|we need] {NP} [at|set to|on] {V}",
        "{NP} [wants|gets|needs|goes to|goes up to|is to have] {V}",
        "{NP} {V}",
        "[would|do] you mind [setting|putting] {NP} to {V}",
        "[how|what] about {V} [on|for|at] {NP}",
        "{V} [is|would be] [right|fine|good|what I want] [for|on] {NP}",
    ),
    "level place": ("{R}[:|,| -| /] {D} [to |at |]{V}", "{D} {V}[,| in| @] {R}", "for the {R}[,|:] {D} at {V}",
                    "in the {R}[,|] [put|adjust|move] the {D} to {V}"),
    "up": ("{NP} up by {V}", "{NP} [plus|+] {V}", "[I want|we need] {NP} {V} higher", "{V} more on {NP}",
           "{NP} [needs|wants|should get] {V} more", "[would|do] you mind [raising|increasing] {NP} by {V}"),
    "down": ("{NP} down by {V}", "{NP} [minus|less] {V}", "[I want|we need] {NP} {V} lower", "{V} less on {NP}",
             "{NP} [needs|wants|should get] {V} less", "[would|do] you mind [lowering|reducing] {NP} by {V}"),
    "cover": (
        "{NP} [should|must|has to|needs to] be {c}", "[I want|I need|we need|I would like] {NP} {c}",
        "{NP}[:| -| ->] {p}",
        "{NP} [wants|is supposed|ought] to be {c}",
        "[it is|it's] time to {p} {NP}",
        "[is it possible|would it be possible] to {p} {NP}",
        "{p} it[:|,] I mean {NP}",
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
    about = _ALONE if unplaced else _PLACED_LOCK if intent == "lock room" else _PLACED
    return drawn(dice, text.replace("{NP}", dice.pick(about))), ordered


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
