"""Personal data in a text: what looks like it and has the right check digits. Pure."""

import re
from collections.abc import Callable, Iterable

_EMAIL = re.compile(r"\b[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_PHONE = re.compile(r"(?<![\w.])(?<!\d )(?:\+|00)[1-9](?:[ ()/.-]{0,2}\d){7,13}(?![\w])")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


def _luhn(text: str) -> bool:
    """Whether the digits have the check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    digits = [int(mark) for mark in reversed(text) if mark.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


def _mod97(text: str) -> bool:
    """Whether the check digits of an account number hold (ISO 13616: the rearranged number is 1 modulo 97)."""
    compact = text.replace(" ", "")
    return int("".join(str(int(mark, 36)) for mark in compact[4:] + compact[:4])) % 97 == 1


def _any(_: str) -> bool:
    return True


# Phone numbers count in their international form only: eight digits in a row are more often a serial number.
KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (_EMAIL, _any),
    "phone": (_PHONE, _any),
    "card": (_CARD, _luhn),
    "iban": (_IBAN, _mod97),
}


def found(text: str, kinds: Iterable[str]) -> list[str]:
    """Which of the kinds occur in the text."""
    return [kind for kind in kinds if any(KINDS[kind][1](hit.group()) for hit in KINDS[kind][0].finditer(text))]


def redacted(text: str, kinds: Iterable[str]) -> str:
    """The text with ``[email]``, ``[card]`` ... in the place of what was found."""
    for kind in kinds:
        pattern, holds = KINDS[kind]
        for hit in reversed(list(pattern.finditer(text))):
            if holds(hit.group()):
                text = f"{text[: hit.start()]}[{kind}]{text[hit.end() :]}"
    return text
