"""Number comparison: pairs, questions and worked answers in six languages.

The answer first writes both numbers with equally many decimals, then names the one that was asked for, so that its last
number is the result: "9.11 = 9.11 and 9.9 = 9.90. 9.9 is larger." Versions and dates are compared part by part up to
the first difference: "9 = 9 and 11 > 9. 9.11 is newer."
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from edgegen.split import DEV, SEALED, TRAIN, names_famous, pair_split, split_of
from edgegen.tasks import (
    number_grammar,
    number_grammar_de,
    number_grammar_en,
    number_grammar_es,
    number_grammar_fr,
    number_grammar_id,
    number_grammar_pt,
)
from edgegen.tasks import number_wordings_dev as tuning
from edgegen.tasks import number_wordings_en as english
from edgegen.tasks import number_wordings_more as more
from edgegen.tasks import number_wordings_train as trained
from edgegen.tasks.dice import Dice
from edgegen.tasks.number_grammar import Grammar
from edgegen.tasks.number_wordings_en import Wordings
from edgegen.tasks.phrases import bare

Row = dict[str, Any]


class Language(NamedTuple):
    """Wordings by split and what an answer says.

    Args:
        closings: Sentence by the word of the question; ``{r}`` is the result, ``{s}`` and ``{l}`` the smaller and the
            larger number.
        comma: Percent of its questions that use the decimal comma.
        grammar: Makes most of the wordings that are trained on.
    """

    wordings: Mapping[str, Wordings]
    conjunction: str
    equal: str
    closings: Mapping[str, str]
    comma: int
    grammar: Grammar


def _with_more(wordings: Mapping[str, Wordings], **extra: Wordings) -> Mapping[str, Wordings]:
    """Wordings with more of them behind those of a split."""
    return {
        split: {kind: (*mine.get(kind, ()), *more.get(kind, ())) for kind in {**mine, **more}}
        for split, mine in wordings.items()
        for more in [extra.get(split, {})]
    }


LANGUAGES: dict[str, Language] = {
    "en": Language(
        _with_more(english.WORDINGS, dev=tuning.ENGLISH),
        "and",
        "They are equal: {r}",
        {
            "larger": "{r} is larger.",
            "bigger": "{r} is bigger.",
            "greater": "{r} is greater.",
            "higher": "{r} is higher.",
            "heavier": "{r} is heavier.",
            "more expensive": "{r} is more expensive.",
            "longer": "{r} is longer.",
            "faster": "{r} is faster.",
            "warmer": "{r} is warmer.",
            "newer": "{r} is newer.",
            "later": "{r} is later.",
            "max": "The maximum is {r}",
            "only": "{r}",
            "asc": "In ascending order: {s}, {l}",
            "smaller": "{r} is smaller.",
            "lower": "{r} is lower.",
            "lighter": "{r} is lighter.",
            "cheaper": "{r} is cheaper.",
            "shorter": "{r} is shorter.",
            "colder": "{r} is colder.",
            "older": "{r} is older.",
            "earlier": "{r} is earlier.",
            "min": "The minimum is {r}",
            "desc": "In descending order: {l}, {s}",
        },
        comma=0,
        grammar=number_grammar_en.GRAMMAR,
    ),
    "id": Language(
        _with_more(more.INDONESIAN, train=trained.INDONESIAN, dev=tuning.INDONESIAN),
        "dan",
        "Keduanya sama: {r}",
        {
            "larger": "{r} lebih besar.",
            "higher": "{r} lebih tinggi.",
            "heavier": "{r} lebih berat.",
            "newer": "{r} lebih baru.",
            "later": "{r} lebih akhir.",
            "max": "Nilai maksimum adalah {r}",
            "asc": "Dari yang terkecil: {s}; {l}",
            "smaller": "{r} lebih kecil.",
            "colder": "{r} lebih dingin.",
            "lower": "{r} lebih rendah.",
            "lighter": "{r} lebih ringan.",
            "more expensive": "{r} lebih mahal.",
            "cheaper": "{r} lebih murah.",
            "longer": "{r} lebih panjang.",
            "shorter": "{r} lebih pendek.",
            "faster": "{r} lebih cepat.",
            "warmer": "{r} lebih hangat.",
            "older": "{r} lebih lama.",
            "earlier": "{r} lebih awal.",
            "min": "Nilai minimum adalah {r}",
            "desc": "Dari yang terbesar: {l}; {s}",
        },
        comma=70,
        grammar=number_grammar_id.GRAMMAR,
    ),
    "es": Language(
        _with_more(more.SPANISH, train=trained.SPANISH, dev=tuning.SPANISH),
        "y",
        "Son iguales: {r}",
        {
            "larger": "{r} es mayor.",
            "higher": "{r} es más alto.",
            "heavier": "{r} pesa más.",
            "newer": "{r} es más nueva.",
            "later": "{r} es posterior.",
            "max": "El máximo es {r}",
            "asc": "De menor a mayor: {s}; {l}",
            "smaller": "{r} es menor.",
            "colder": "{r} es más frío.",
            "lower": "{r} es más bajo.",
            "lighter": "{r} pesa menos.",
            "more expensive": "{r} es más caro.",
            "cheaper": "{r} es más barato.",
            "longer": "{r} es más largo.",
            "shorter": "{r} es más corto.",
            "faster": "{r} es más rápido.",
            "warmer": "{r} es más cálido.",
            "older": "{r} es más antigua.",
            "earlier": "{r} es anterior.",
            "min": "El mínimo es {r}",
            "desc": "De mayor a menor: {l}; {s}",
        },
        comma=70,
        grammar=number_grammar_es.GRAMMAR,
    ),
    "de": Language(
        _with_more(more.GERMAN, train=trained.GERMAN, dev=tuning.GERMAN),
        "und",
        "Beide sind gleich: {r}",
        {
            "larger": "{r} ist größer.",
            "higher": "{r} ist höher.",
            "heavier": "{r} ist schwerer.",
            "newer": "{r} ist neuer.",
            "later": "{r} liegt später.",
            "max": "Das Maximum ist {r}",
            "asc": "Aufsteigend: {s}; {l}",
            "smaller": "{r} ist kleiner.",
            "colder": "{r} ist kälter.",
            "lower": "{r} ist niedriger.",
            "lighter": "{r} ist leichter.",
            "more expensive": "{r} ist teurer.",
            "cheaper": "{r} ist billiger.",
            "longer": "{r} ist länger.",
            "shorter": "{r} ist kürzer.",
            "faster": "{r} ist schneller.",
            "warmer": "{r} ist wärmer.",
            "older": "{r} ist älter.",
            "earlier": "{r} liegt früher.",
            "min": "Das Minimum ist {r}",
            "desc": "Absteigend: {l}; {s}",
        },
        comma=70,
        grammar=number_grammar_de.GRAMMAR,
    ),
    "fr": Language(
        _with_more(more.FRENCH, train=trained.FRENCH, dev=tuning.FRENCH),
        "et",
        "Ils sont égaux : {r}",
        {
            "larger": "{r} est plus grand.",
            "higher": "{r} est plus élevé.",
            "heavier": "{r} est plus lourd.",
            "newer": "{r} est plus récente.",
            "later": "{r} est plus tardive.",
            "max": "Le maximum est {r}",
            "asc": "Par ordre croissant : {s} ; {l}",
            "smaller": "{r} est plus petit.",
            "colder": "{r} est plus froid.",
            "lower": "{r} est plus bas.",
            "lighter": "{r} est plus léger.",
            "more expensive": "{r} est plus cher.",
            "cheaper": "{r} est moins cher.",
            "longer": "{r} est plus long.",
            "shorter": "{r} est plus court.",
            "faster": "{r} est plus rapide.",
            "warmer": "{r} est plus chaud.",
            "older": "{r} est plus ancienne.",
            "earlier": "{r} vient plus tôt.",
            "min": "Le minimum est {r}",
            "desc": "Par ordre décroissant : {l} ; {s}",
        },
        comma=70,
        grammar=number_grammar_fr.GRAMMAR,
    ),
    "pt": Language(
        _with_more(more.PORTUGUESE, train=trained.PORTUGUESE, dev=tuning.PORTUGUESE),
        "e",
        "São iguais: {r}",
        {
            "larger": "{r} é maior.",
            "higher": "{r} é mais alto.",
            "heavier": "{r} pesa mais.",
            "newer": "{r} é mais nova.",
            "later": "{r} é posterior.",
            "max": "O máximo é {r}",
            "asc": "Do menor para o maior: {s}; {l}",
            "smaller": "{r} é menor.",
            "colder": "{r} é mais frio.",
            "lower": "{r} é mais baixo.",
            "lighter": "{r} pesa menos.",
            "more expensive": "{r} é mais caro.",
            "cheaper": "{r} é mais barato.",
            "longer": "{r} é mais longo.",
            "shorter": "{r} é mais curto.",
            "faster": "{r} é mais rápido.",
            "warmer": "{r} é mais quente.",
            "older": "{r} é mais antiga.",
            "earlier": "{r} é anterior.",
            "min": "O mínimo é {r}",
            "desc": "Do maior para o menor: {l}; {s}",
        },
        comma=70,
        grammar=number_grammar_pt.GRAMMAR,
    ),
}

# Words that ask for the smaller one; the last number of a descending list is the smaller one too.
SMALLER = frozenset({"smaller", "lower", "lighter", "cheaper", "shorter", "colder", "older", "earlier", "min", "desc"})

# What is compared, by the letter of the wordings.
SUBJECTS = {"n": "decimals", "p": "quantities", "t": "temperatures", "v": "versions", "d": "dates"}


class Wording(NamedTuple):
    """A template: ``id`` names it in reports, ``word`` says what is asked for, ``subject`` what is compared."""

    id: str
    word: str
    subject: str
    text: str


def wordings(split: str, language: str = "en", *, famous: bool | None = None) -> list[Wording]:
    """All templates of a split.

    Args:
        famous: Only those of the famous question, or (False) only the others.
    """
    chosen: Mapping[str, Wordings] = LANGUAGES[language].wordings
    named = english.FAMOUS if language == "en" else {}
    found = []
    for (word, subject), texts in chosen[split].items():
        for place, text in enumerate(texts):
            if famous is not None and famous != (text in named.get((word, subject), ())):
                continue
            identity = f"{language}-{word.replace(' ', '-')}-{subject}{place + 1}"
            found.append(Wording(identity, word, SUBJECTS[subject], text))
    return found


# --- pairs ---------------------------------------------------------------------------------------


def _whole(dice: Dice) -> int:
    kind = dice.below(20)
    if kind < 12:
        return dice.between(0, 20)
    if kind < 17:
        return dice.between(0, 99)
    return dice.between(100, 999) if kind < 19 else dice.between(1000, 99_999)


def _fraction(dice: Dice, digits: int) -> str:
    """So many digits, the last of them not zero."""
    return "".join(str(dice.below(10)) for _ in range(digits - 1)) + str(dice.between(1, 9))


def _unequal_lengths(dice: Dice) -> tuple[str, str]:
    """Equal whole parts and fractions of unequal length; in half of them the shorter one is the larger number."""
    trap, whole = dice.chance(50), _whole(dice)
    while True:
        short = dice.between(1, 3)
        a, b = _fraction(dice, short), _fraction(dice, dice.between(short + 1, 4))
        if dice.chance(10):
            b = "0" + b[1:]
        if b[-1] != "0" and (Decimal(f"0.{a}") > Decimal(f"0.{b}")) == trap:
            return f"{whole}.{a}", f"{whole}.{b}"


def _equal_lengths(dice: Dice) -> tuple[str, str]:
    whole, digits = _whole(dice), dice.between(1, 4)
    return f"{whole}.{_fraction(dice, digits)}", f"{whole}.{_fraction(dice, digits)}"


def _other_wholes(dice: Dice) -> tuple[str, str]:
    whole = _whole(dice)
    other = whole + dice.between(1, 3) if dice.chance(60) else _whole(dice)
    return f"{whole}.{_fraction(dice, dice.between(1, 4))}", f"{other}.{_fraction(dice, dice.between(1, 4))}"


def _trailing_zeros(dice: Dice) -> tuple[str, str]:
    a, b = _unequal_lengths(dice) if dice.chance(60) else _equal_lengths(dice)
    zeros = "0" * (dice.between(1, 2) if max(len(a), len(b)) < 7 else 1)
    return (a + zeros, b) if dice.chance(60) else (a, b + zeros)


def _leading_zeros(dice: Dice) -> tuple[str, str]:
    """Fractions such as .05 and .5, .07 and .070x: the zero decides."""
    whole, digits = _whole(dice), _fraction(dice, dice.between(1, 2))
    other = digits if dice.chance(40) else _fraction(dice, dice.between(1, 3))
    return f"{whole}.0{digits}", f"{whole}.{other}"


def _with_integer(dice: Dice) -> tuple[str, str]:
    whole = _whole(dice)
    other = whole if dice.chance(60) or whole == 0 else whole - 1
    return str(whole), f"{other}.{_fraction(dice, dice.between(1, 3))}"


def _integers(dice: Dice) -> tuple[str, str]:
    return str(_whole(dice)), str(_whole(dice))


def _independent(dice: Dice) -> tuple[str, str]:
    """Whole parts of any length, in most cases not the same one: 95 and 516.8, where the first digits mislead."""

    def number(digits: int) -> str:
        whole = dice.between(10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1)
        places = dice.below(5)
        return f"{whole}.{_fraction(dice, places)}" if places else str(whole)

    first = dice.pick((1, 1, 2, 2, 2, 3, 3, 4, 5))
    other = dice.pick([digits for digits in (1, 2, 3, 4, 5) if digits != first]) if dice.chance(70) else first
    return number(first), number(other)


# Percent of each form; unequal lengths dominate, because they are what models get wrong.
_FORMS: Sequence[tuple[int, Callable[[Dice], tuple[str, str]]]] = (
    (60, _unequal_lengths),
    (10, _equal_lengths),
    (11, _other_wholes),
    (6, _trailing_zeros),
    (6, _leading_zeros),
    (5, _with_integer),
    (2, _integers),
)
_DRAWN = tuple(form for share, form in _FORMS for _ in range(share))

# Percent of the pairs of numbers that may be negative with both, and with one, below zero. A training sees more of them
# than a probe asks, because their order is the other way round; and more of those below zero have different whole
# parts: with 12% negative pairs and 11% of these different, an adapter had 4 of 12 such dev questions wrong and 2 of 82
# of the other negative ones.
_NEGATIVE = {"decimals": (7, 2), "temperatures": (35, 15)}
_NEGATIVE_TRAIN = {"decimals": (24, 6), "temperatures": (40, 15)}
_OTHER_WHOLES_OF_NEGATIVE_TRAIN = 45
# Percent of the pairs of a training whose whole parts have nothing to do with each other, beside those of _FORMS.
# Without them an adapter had 7 of 61 dev questions wrong whose whole parts have different lengths, 14 of 1,735 others.
_INDEPENDENT_TRAIN = 15


def pair(dice: Dice, split: str, subject: str) -> tuple[str, str]:
    """Two different numbers of a split as written with a point, in any order."""
    while True:
        form = _independent if split == TRAIN and dice.chance(_INDEPENDENT_TRAIN) else dice.pick(_DRAWN)
        a, b = form(dice)
        sign = dice.below(100)
        both, one = (_NEGATIVE_TRAIN if split == TRAIN else _NEGATIVE).get(subject, (0, 0))
        if sign < both:
            if split == TRAIN and dice.chance(_OTHER_WHOLES_OF_NEGATIVE_TRAIN):
                a, b = _other_wholes(dice)
            a, b = f"-{a}", f"-{b}"
        elif sign < both + one:
            a = f"-{a}"
        if dice.chance(50):
            a, b = b, a
        x, y = Decimal(a), Decimal(b)
        if x != y and not (x == 0 and a[0] == "-") and not (y == 0 and b[0] == "-") and pair_split(x, y) == split:
            return a, b


def equal_pair(dice: Dice, split: str) -> tuple[str, str]:
    """One number, written with and without trailing zeros."""
    while True:
        number = f"{_whole(dice)}.{_fraction(dice, dice.between(1, 3))}"
        if pair_split(Decimal(number), Decimal(number)) == split:
            written = [number, number + "0" * dice.between(1, 2)]
            a, b = dice.shuffled(written)
            return a, b


def version_pair(dice: Dice, split: str) -> tuple[str, str]:
    """Two different versions, most of which a comparison as decimals or as text gets wrong."""
    while True:
        length = dice.pick((2, 2, 3, 3, 3))
        a = [dice.between(0, 12), *(dice.between(0, 20) for _ in range(length - 1))]
        b = list(a)
        place = dice.between(1, length - 1) if dice.chance(85) else 0
        b[place] = dice.between(0, 30)
        b[place + 1 :] = [dice.between(0, 20) for _ in b[place + 1 :]]
        if dice.chance(8):
            b = b[:-1] if length == 3 else [*b, dice.between(1, 9)]
        texts = [".".join(map(str, parts)) for parts in (a, b)]
        key = " ".join(sorted(texts))
        famous = any(names_famous(text) for text in texts)
        mine = SEALED if famous else split_of("versions", key)
        if _padded(a, b)[0] != _padded(a, b)[1] and mine == split:
            return texts[0], texts[1]


def date_pair(dice: Dice, split: str) -> tuple[str, str]:
    """Two different dates of this century, as ISO 8601 writes them."""
    while True:
        a = [dice.between(2019, 2029), dice.between(1, 12), dice.between(1, 28)]
        b = list(a)
        place = dice.below(3)
        b[place:] = [dice.between(2019, 2029), dice.between(1, 12), dice.between(1, 28)][place:]
        texts = [f"{year}-{month:02}-{day:02}" for year, month, day in (a, b)]
        if a != b and split_of("dates", " ".join(sorted(texts))) == split:
            return texts[0], texts[1]


# --- answers -------------------------------------------------------------------------------------


def _padded(a: Sequence[int], b: Sequence[int]) -> tuple[list[int], list[int]]:
    width = max(len(a), len(b))
    return [*a, *[0] * (width - len(a))], [*b, *[0] * (width - len(b))]


def aligned(a: str, b: str) -> tuple[str, str]:
    """Both numbers with as many decimals as the longer one has."""
    places = max(len(text.partition(".")[2]) for text in (a, b))
    return _with_places(a, places), _with_places(b, places)


def _with_places(text: str, places: int) -> str:
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places else whole


def _in_parts(a: str, b: str, mark: str, conjunction: str) -> str:
    """``9 = 9 and 11 > 9``: part by part, up to the first that differs."""
    ours, theirs = _padded([int(part) for part in a.split(mark)], [int(part) for part in b.split(mark)])
    steps = []
    for mine, other in zip(ours, theirs, strict=True):
        steps.append(f"{mine} {'=' if mine == other else '<' if mine < other else '>'} {other}")
        if mine != other:
            break
    joined = ", ".join(steps[:-1])
    return f"{joined} {conjunction} {steps[-1]}" if joined else steps[0]


def _sort_key(text: str, subject: str) -> Any:
    if subject == "versions":
        return tuple(int(part) for part in text.split("."))
    return text if subject == "dates" else Decimal(text)


def _written(text: str, *, comma: bool) -> str:
    return text.replace(".", ",") if comma else text


def _sentence(closing: str) -> str:
    return closing if closing.endswith(".") or not closing[-1].isdigit() else f"{closing}."


def worked_answer(a: str, b: str, word: str, subject: str, language: str, *, comma: bool = False) -> str:
    """The answer that the adapter is taught; ``a`` and ``b`` are written with a point."""
    spoken = LANGUAGES[language]
    small, large = sorted((a, b), key=lambda text: _sort_key(text, subject))
    result = small if word in SMALLER else large
    if subject in ("versions", "dates"):
        work = _in_parts(a, b, "." if subject == "versions" else "-", spoken.conjunction)
        return f"{work}. {_sentence(spoken.closings[word].format(r=result, s=small, l=large))}"
    left, right = aligned(a, b)
    shown = [_written(text, comma=comma) for text in (a, left, b, right)]
    work = f"{shown[0]} = {shown[1]} {spoken.conjunction} {shown[2]} = {shown[3]}."
    closing = spoken.equal if Decimal(a) == Decimal(b) else spoken.closings[word]
    small, large, result = (_written(text, comma=comma) for text in (small, large, result))
    return f"{work} {_sentence(closing.format(r=result, s=small, l=large))}"


# --- questions -----------------------------------------------------------------------------------

# Of 100 questions to train on, so many are of the grammar; the others are of the lists.
_GRAMMAR = 70

_HELD: Mapping[str, tuple[str, ...]] = {
    name: tuple(bare(wording.text) for split in (DEV, SEALED) for wording in wordings(split, name))
    for name in LANGUAGES
}
_KINDS = {name: number_grammar.kinds(language.grammar) for name, language in LANGUAGES.items()}


def composed(dice: Dice, language: str, subjects: Sequence[str] = ()) -> Wording:
    """A wording of the grammar, to train on: none that holds one of those to tune or to prove with."""
    while True:
        kind = dice.pick(_KINDS[language])
        if subjects and SUBJECTS[kind[1]] not in subjects:
            continue
        text = number_grammar.wording(dice, LANGUAGES[language].grammar, kind)
        words = bare(text)
        if not any(held in words for held in _HELD[language]):
            return Wording(
                f"{language}-{kind[0].replace(' ', '-')}-{kind[1]}-grammar", kind[0], SUBJECTS[kind[1]], text
            )


def questions(
    dice: Dice, *, split: str, language: str = "en", subjects: Sequence[str] = (), equal: int = 0
) -> Iterator[Row]:
    """Questions of a split, each template of its lists as often as every other one.

    Args:
        subjects: Only these of ``decimals``, ``quantities``, ``temperatures``, ``versions`` and ``dates``; none: all.
        equal: Percent of the pairs of decimals that are one number written in two ways.

    Yields:
        Rows with ``prompt``, ``template``, ``a`` and ``b`` as the question writes them, ``result`` (``text`` as the
        question writes it, ``value`` with a point), ``subject``, ``mark`` (``point`` or ``comma``), and ``answer``.
    """
    chosen = [wording for wording in wordings(split, language) if not subjects or wording.subject in subjects]
    while True:
        for wording in dice.shuffled(chosen):
            while split == TRAIN and dice.chance(_GRAMMAR):
                other = composed(dice, language, subjects)
                yield question(dice, other, split=split, language=language, equal=equal)
            yield question(dice, wording, split=split, language=language, equal=equal)


def famous(_dice: Dice) -> Iterator[Row]:
    """The question that everybody asks, in all its wordings and both orders; rows as of ``questions``."""
    for wording in wordings(SEALED, famous=True):
        yield asked(wording, "9.11", "9.9")
        yield asked(wording, "9.9", "9.11")


def question(dice: Dice, wording: Wording, *, split: str, language: str = "en", equal: int = 0) -> Row:
    """One question of a wording; see ``questions``."""
    if wording.subject == "versions":
        a, b = version_pair(dice, split)
    elif wording.subject == "dates":
        a, b = date_pair(dice, split)
    elif equal and wording.subject == "decimals" and dice.chance(equal):
        a, b = equal_pair(dice, split)
    else:
        a, b = pair(dice, split, wording.subject)
    comma = wording.subject not in ("versions", "dates") and dice.chance(LANGUAGES[language].comma)
    return asked(wording, a, b, language=language, comma=comma)


def asked(wording: Wording, a: str, b: str, *, language: str = "en", comma: bool = False) -> Row:
    """A wording filled with two numbers, which are written with a point here."""
    small, large = sorted((a, b), key=lambda text: _sort_key(text, wording.subject))
    result = small if wording.word in SMALLER else large
    shown = {"a": _written(a, comma=comma), "b": _written(b, comma=comma)}
    return {
        "prompt": wording.text.format(**shown),
        "template": wording.id,
        **shown,
        "text": _written(result, comma=comma),
        "value": result,
        "subject": wording.subject,
        "mark": "comma" if comma else "point",
        "answer": worked_answer(a, b, wording.word, wording.subject, language, comma=comma),
    }
