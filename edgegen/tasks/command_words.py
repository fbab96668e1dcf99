"""The words of which ``command_names`` makes names: nouns, places and modifiers, one table a file in ``words/``.

No place is a noun or a modifier as well, so "the tower copper lamp" has one reading only. A model that reads a word and
the blank before it as one token has to write it behind a quote with other tokens, so it needs the spelling of each:
most of the nouns are common ones, which a tokenizer keeps whole, and ``spellings`` has whatever else the vocabulary of
SmolLM2 keeps whole after a blank and splits after a quote: words of every kind and beginnings of longer ones. Left out
are words that commands are made of, names that are held out, adverbs, and what nobody wants to read.
"""

from functools import cache
from importlib import resources


@cache
def words(table: str) -> tuple[str, ...]:
    """The names of ``table``: ``nouns``, ``places``, ``modifiers``, ``spellings``; ``compound_places`` of two words."""
    text = (resources.files("edgegen.tasks") / "words" / f"{table}.txt").read_text(encoding="utf-8")
    separator = "," if "," in text else None
    return tuple(" ".join(name.split()) for name in text.split(separator))
