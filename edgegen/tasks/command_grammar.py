"""How people give orders to a gateway, as a small grammar: millions of sentences for training out of few lines.

Square brackets hold alternatives, ``[turn|switch]``. ``{NP}`` is what the order is about, the other slots are those of
``edgegen.tasks.iot_command``. A draw goes from the outside in: an order of the intent (or a statement), an opening, a
closing, and perhaps a sentence beside it that means nothing. The orders are in ``command_orders``, names come from
``command_names``.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.command_orders import ALONE, ORDERS, ORDERS_LATER, PLACED, PLACED_LOCK, STATEMENTS
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

# How often an intent is drawn; of the order of how often a home or a plant asks for it.
INTENTS: Mapping[str, int] = {
    "switch": 14, "switch alone": 6, "switch later": 9, "run": 6, "level": 12, "level alone": 5, "level later": 7,
    "up": 5, "down": 5, "cover": 8, "cover alone": 2, "cover later": 5, "lock": 5, "lock room": 2, "read": 6,
    "read alone": 2, "keep": 7, "keep cover": 2, "keep lock": 1, "all": 5, "all but": 6, "all but room": 4,
    "all alone": 2,
}  # fmt: skip
DRAWN_INTENTS = tuple(intent for intent, weight in INTENTS.items() for _ in range(weight))

_ALL = (
    "[everything|everything|everything|all devices|all the devices|every device|all|all the equipment|all appliances|"
    "every single device|all of it|each and every device|anything|any device|whatever there is|all there is|the lot]"
)
# Where no place is named.
_ALL_ANYWHERE = (
    "[the whole place|the entire place|the whole building|the whole house|the whole site|"
    "absolutely everything|everything we have|everything everywhere]"
)
_BUT = (
    "[except|except for|but not|apart from|aside from|other than|with the exception of|excluding|save for|only not|"
    "not counting|leaving out|but for]"
)
# "But not" cannot begin a sentence.
_BUT_FIRST = "[except for|apart from|aside from|with the exception of|excluding|not counting|leaving out]"

# An order with a moment: before it or after it.
_LATER = (
    "{X} {AT} {T}", "{X} {AT} {T}", "{X}, {AT} {T}", "{AT} {T}, {X}", "{AT} {T} {X}", "{T}: {X}", "{X} ({T})",
    "{X}, but only at {T}", "{X}, and [do it|do so|that] at {T}", "at {T}, [and not before|not earlier|sharp], {X}",
    "{X} @ {T}", "{T} - {X}", "{X}, [let's say|say|I think|shall we say] at {T}", "{X}, time {T}", "{T}, {X}",
    "[for|plan for|scheduled for|due at|time] {T}: {X}", "{X}, [it is planned|this is|that is] for {T}",
)  # fmt: skip
# Before an order without an opening.
_LATER_ORDER = (
    "wait until [it is |]{T}, then {X}", "when the clock [shows|says|strikes] {T}, {X}", "the moment it is {T}, {X}",
    "[set a timer|make a note|plan|make an appointment] for {T} to {X}", "[at|from] {T} I want you to {X}",
    "{X} [when|once|as soon as] [it is|it's|the clock says] {T}", "[at|from] {T} you should {X}",
    "[once|when] it is {T}, [please |]{X}", "your job at {T} is to {X}", "at {T}, [could|can|would|will] you {X}",
)  # fmt: skip
_AT = ("at", "at", "at", "at", "at exactly", "from", "when it is", "as soon as it is", "starting at", "today at",
       "tonight at", "tomorrow at", "at around", "later, at", "once it is", "then, at", "precisely at",
       "this time at")  # fmt: skip

_OPENINGS = (
    "", "", "", "", "", "", "please ", "please ", "please ", "[can|could|would|will] you [please |kindly |quickly |]",
    "[can|could|would|will] you [please |]", "I [want|need|would like|'d like] you to ",
    "you [should|must|may|can|need to] ", "[remember|be so kind as|go ahead and try] to ",
    "[go and|go ahead and|just|now|quickly|kindly|simply|first|next] ",
    "[would|could] you be so [kind|nice] as to ", "[we'd|I'd] be [glad|happy|grateful] if you could ",
    "[let us|let's] ", "do [please |]", "I [ask|order|beg] you to ", "your [task|job] is to ", "it would be nice to ",
    "[is there a way|is there a chance|are you able] to ", "I [was wondering|wonder] if you could ",
    "[may|might|can] I ask you to ", "[what you should do now is|the next thing is] to ", "[time|try|you have] to ",
    "I [expect|need|request] you to ", "[we|they] [want|asked|would like] you to ", "do me a favor and ",
    "you'd [help me|do me a favor] if you could ", "make an effort to ",
    "[somebody|someone|my wife|my boss] wants you to ",
)  # fmt: skip
# Orders that no opening but "please" fits.
_UNOPENED = ("do not", "don't", "never", "under", "on no account", "except", "apart", "aside", "with the", "excluding",
             "not counting", "leaving out", "for the", "for ", "in ", "inside")  # fmt: skip
_ASKS = ("can ", "could ", "would ", "will ", "is there ", "are you ", "may I ", "might I ")
_QUESTIONS = ("what", "which", "how", "would you mind", "do you", "is it possible", "would it", "could ", "can", "may ",
              "might ", "are you", "would you", "why don't", "won't", "couldn't", "is there", "do we", "any news",
              "where ")  # fmt: skip
_VOCATIVES = (
    "", "", "", "", "", "hey, ", "ok, ", "hello, ", "hi there, ", "computer, ", "gateway, ", "assistant, ", "listen, ",
    "so, ", "well, ", "alright, ", "good morning, ", "one more thing: ", "um, ", "oh, and ", "next: ", "by the way, ",
    "when you have a second, ", "sorry to bother you, but ", "if possible, ", "er, ", "right, ", "good evening, ",
    "excuse me, ", "hm, ", "you know what, ", "let me think, ", "ah yes, ", "no, wait, ", "as I said, ", "and then, ",
    "before I forget, ", "first of all, ", "also, ", "if you don't mind, ", "whenever you can, ", "oh dear, ",
    "hurry up, ",
)  # fmt: skip
# Why, before an order or behind it.
_REASONS = (
    "it is [dark|late|cold|too loud|warm|stuffy|early|quiet] [here|now|in here|outside|]", "we are [leaving|late|done]",
    "I am [tired|busy|cold|out|on my way]", "nobody is [here|there|at home]", "the guests are coming",
    "it [saves power|is safer|smells odd|is raining]", "the children are asleep", "my hands are full",
    "the shift is over", "the work is done", "I can't reach it", "I forgot to do it", "I cannot see a thing",
    "it is getting [dark|late|cold|hot]", "somebody [complained|asked for it]", "we have [visitors|a meeting]",
)  # fmt: skip
_REASON_FIRST = (
    "{Y}, so {X}",
    "{Y}, {X}",
    "as {Y}, {X}",
    "since {Y}, {X}",
    "because {Y}, {X}",
    "{Y}. {X}",
    "{Y} and so {X}",
)
_REASON_LAST = (
    "{X}, because {Y}",
    "{X} because {Y}",
    "{X}, since {Y}",
    "{X}, as {Y}",
    "{X}, {Y}",
    "{X} - {Y}",
    "{X}; {Y}",
)
_CLOSINGS = (
    "", "", "", "", "", "", ", please", " please", " now", " right away", ", thanks", " for me", ", will you", " again",
    " immediately", ", thank you", ", ok", ", that is all", " if you can", ", would you", " as soon as you can",
    ", if you please", ", if you don't mind", ", could you", ", can you", ", cheers", ", thanks in advance", ", right",
    " for us", ", got it", ", if that is all right", ", that's it", " without delay", ", over",
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
    "Did you hear me?", "That is the last one.", "You know which one I mean.", "It matters to me.",
    "Tell me when it is done.",
    "I am in a hurry.", "This is what we agreed on.", "Sorry for asking so late.", "We do that every day.",
    "It took 20 minutes yesterday.", "Let me know if that fails.", "The others agree.",
)  # fmt: skip


# --- sentences -----------------------------------------------------------------------------------


def _about(intent: str) -> Sequence[str]:
    """The ways to name what an order of ``intent`` is about."""
    if intent.endswith("alone") or intent in ("lock", "keep lock"):
        return ALONE
    return PLACED_LOCK if intent == "lock room" else PLACED


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
    anywhere = intent in ("all but room", "all alone") and dice.chance(35)
    text = text.replace("{ALL}", _ALL_ANYWHERE if anywhere else _ALL).replace(
        "{BUT}", _BUT_FIRST if text.startswith("{BUT}") else _BUT
    )
    return drawn(dice, text.replace("{NP}", dice.pick(_about(intent)))), ordered


def _opening(dice: Dice, text: str) -> str:
    """Words before an order; "can you don't" is no English, "you must except for the lamp turn off" hardly any."""
    opening = drawn(dice, dice.pick(_OPENINGS)).replace("I 'd", "I'd")
    return ("please " if opening else "") if text.startswith(_UNOPENED) else opening


def _later(dice: Dice, text: str, *, order: bool) -> str:
    """``text`` with a moment; ``order`` where it is one without an opening."""
    frame = dice.pick(_LATER_ORDER) if order and dice.chance(35) else dice.pick(_LATER)
    return drawn(dice, frame).replace("{X}", text).replace("{AT}", dice.pick(_AT))


def _reasoned(dice: Dice, text: str) -> str:
    """``text`` with a reason before or behind it."""
    reason = drawn(dice, dice.pick(_REASONS)).rstrip()
    frame = dice.pick(_REASON_LAST if dice.chance(40) and "?" not in text else _REASON_FIRST)
    return frame.replace("{Y}", reason).replace("{X}", text)


def sentence(dice: Dice, intent: str) -> str:
    """A template for ``intent``, with slots for names and values only."""
    text, ordered = _core(dice, intent)
    opening = _opening(dice, text) if ordered and dice.chance(75) else ""
    if text.startswith("not forget"):
        # "You must not forget to" and "do not forget to" are orders, "can you not forget to" is none.
        opening = dice.pick(("do ", "please do ", "you must ", "you should "))
    opened = opening + text
    if intent.endswith("later"):
        whole = ORDERS_LATER[intent.removesuffix(" later")]
        if dice.chance(25):
            opened, opening, text = drawn(dice, dice.pick(whole).replace("{NP}", dice.pick(PLACED))), "", ""
        else:
            opened = _later(dice, opened, order=ordered and not opening and not text.startswith(_UNOPENED))
    question = opening.startswith(_ASKS) or text.startswith(_QUESTIONS)
    asked = opened.endswith("?") or "? " in opened
    if dice.chance(9) and not asked:
        opened = _reasoned(dice, opened)
    closing = dice.pick(_CLOSINGS) if dice.chance(45) and not asked and ". " not in opened else ""
    if closing.strip(" ,") in ("please", "again") and closing.strip(" ,") in opened:
        closing = ""
    end = dice.pick(("?", "?", "?", "", ".")) if question else dice.pick(_ENDS)
    whole = (
        (dice.pick(_VOCATIVES) if dice.chance(40) else "") + opened + closing + ("" if opened.endswith("?") else end)
    )
    whole = whole.replace("that that ", "that the ")
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
