"""Numbers in running text, read by stated rules.

The last number of an answer is the one that counts, so what is a number has to be decided the same way every time:

- Digits 0-9 with at most one decimal mark and an exponent such as ``e-3``: ``9.11``, ``.5``, ``1e5``. A full stop that
  ends a sentence is none of it: ``9.9.`` is 9.9.
- ``-`` or the minus sign U+2212 directly before it makes it negative, unless something stands directly before the sign:
  ``x = -5`` is -5, ``5-3`` is 5 and 3, ``- 5`` is 5. Signs written as words are not read.
- Thousands separators are the mark that is not the decimal one, no-break and thin spaces (U+00A0, U+202F, U+2009),
  apostrophes and ``_``; the first group has one to three digits and no leading zero, every other exactly three.
  ``1,234,567.5`` is one number, ``1,1,2,3`` are four, ``8,144,233,377,61`` five. An ordinary space separates no
  thousands.
- Not numbers: versions and addresses (``1.2.3``), dates (``2026-11-22``, ``22.11.2026``, ``22/11/2026``), times
  (``10:30``) and digits glued to a Latin letter before them (``v9.11``, ``Q4``). Letters after a number are its unit.
- The decimal mark is the language's: ``point``, ``comma``, or ``either`` for texts of unknown origin. Under ``comma``
  a point that cannot separate thousands is a decimal point (``9.9`` is 9.9, ``9.125`` is 9125). Under ``either`` the
  later of two different marks is the decimal one; a lone point is a decimal point; a lone comma separates thousands
  where it can and is a decimal comma otherwise.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

DECIMAL_MARKS = ("point", "comma", "either")

# What separates thousands in every language; the point and the comma depend on the language.
_SPACERS = "\u00a0\u202f\u2009'\u2019_"
_SIGNS = r"+\-\u2212"
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_TOKEN = re.compile(
    rf"""
      (?<![0-9])[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?![0-9])(?:T(?=[0-9]))?   # a date, and the T before its time
    | (?<![0-9])[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2,4}}(?![0-9])                # a date
    | (?<![0-9])[0-9]{{1,2}}(?::[0-9]{{2}})+(?![0-9])(?:[.][0-9]+)?            # a time
    | (?<=[{_LETTER}])[0-9]+(?:[.,{_SPACERS}][0-9]+)*                          # glued to a letter
    | (?P<sign>(?<![0-9{_LETTER}{_SIGNS}).])[{_SIGNS}])?
      (?P<body>(?:(?<![0-9{_LETTER}.,])[.])?[0-9]+(?:[.,{_SPACERS}][0-9]+)*)
      (?P<exponent>[eE][-+]?[0-9]{{1,3}}(?![0-9{_LETTER}]))?
    """,
    re.VERBOSE,
)
_GROUPED = re.compile(r"(?:[1-9][0-9]{0,2})(?:,[0-9]{3})+")


def numbers_in(text: str, decimal: str = "point") -> list[Decimal]:
    """All numbers of a text, in order.

    Args:
        decimal: The decimal mark of the text's language, one of ``DECIMAL_MARKS``.
    """
    found = []
    for match in _TOKEN.finditer(text):
        body = match["body"]
        if body is None:
            continue
        plain = list(_values(body, decimal))
        if plain and match["sign"] in ("-", "\u2212"):
            plain[0] = "-" + plain[0]
        if plain and match["exponent"]:
            plain[-1] += match["exponent"]
        found += [Decimal(value) for value in plain]
    return found


def last_number(text: str, decimal: str = "point") -> Decimal | None:
    """The number that counts in an answer, None when it holds none."""
    found = numbers_in(text, decimal)
    return found[-1] if found else None


def _values(body: str, decimal: str) -> Iterator[str]:
    """The numbers of one run of digits and marks, in the notation of Decimal."""
    for part in _spaced(body):
        if decimal == "point":
            yield from _read(part)
        elif decimal == "comma":
            yield from _read_comma(part)
        else:
            yield from _read_either(part)


def _spaced(body: str) -> Iterator[str]:
    """Join groups that a spacer separates; where they are no thousands, they are numbers of their own."""
    pieces = re.split(f"[{_SPACERS}]", body)
    whole, rest = pieces[:-1], re.match("[0-9]*", pieces[-1])
    assert rest is not None
    if len(pieces) > 1 and _GROUPED.fullmatch(",".join([*whole, rest[0]])):
        yield "".join(pieces)
    else:
        yield from pieces


def _read(part: str) -> Iterator[str]:
    """A run with decimal points and commas between thousands."""
    whole, point, fraction = part.partition(".")
    if "." in fraction:
        # A version, an address or a date; as a list of decimals (1.5,2.5,3.5) it has one point to a member.
        members = part.split(",")
        if len(members) > 1 and all(member.count(".") <= 1 for member in members):
            yield from members
        return
    if "," in whole and _GROUPED.fullmatch(whole) and "," not in fraction:
        yield whole.replace(",", "") + point + fraction
    else:
        yield from part.split(",")


def _swap(part: str) -> str:
    return part.translate({ord("."): ",", ord(","): "."})


def _read_comma(part: str) -> Iterator[str]:
    swapped = _swap(part)
    if "," in swapped and not _GROUPED.fullmatch(swapped.partition(".")[0]):
        # The point separates no thousands here: a decimal point, if there is one, else a version or a date.
        if part.count(".") == 1 and "," not in part:
            yield part
        elif "," in part:
            yield from _read(part)
        return
    yield from _read(swapped)


def _read_either(part: str) -> Iterator[str]:
    point, comma = part.rfind("."), part.rfind(",")
    if comma > point >= 0 and part.count(",") == 1 and _GROUPED.fullmatch(_swap(part[:comma])):
        yield from _read(_swap(part))
    elif point < 0 and part.count(",") == 1 and not _GROUPED.fullmatch(part):
        yield part.replace(",", ".")
    elif comma < 0 and part.count(".") > 1 and _GROUPED.fullmatch(_swap(part)):
        yield part.replace(".", "")
    else:
        yield from _read(part)
