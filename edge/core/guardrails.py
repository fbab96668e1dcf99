"""What a node does not take and does not say: rules over questions and answers, and abstention. Pure.

A `Policy` is data (`edge.policy_file` reads it). A question that meets a rule never reaches the model; an answer that
meets one, or that the model itself holds for unlikely, is not sent: the device gets the refusal in its language, with
the code ``refused``. Abstaining below a confidence is selective prediction (El-Yaniv and Wiener, 2010): fewer answers,
and a larger share of them right.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.core import language, personal

REFUSAL = "Sorry, I can't help you with that. Do you need anything else?"
REFUSALS = {
    "en": REFUSAL,
    "de": "Dabei kann ich leider nicht helfen. Kann ich sonst etwas für Sie tun?",
    "es": "Lo siento, no puedo ayudarle con eso. ¿Necesita algo más?",
    "fr": "Désolé, je ne peux pas vous aider sur ce point. Avez-vous besoin d'autre chose ?",
    "pt": "Desculpe, não posso ajudar com isso. Precisa de mais alguma coisa?",
    "id": "Maaf, saya tidak bisa membantu soal itu. Ada hal lain yang bisa saya bantu?",
}

# The adapter of a request that leaves the choice to the node.
AUTO = "auto"

Side = Literal["input", "output"]
# How sure a model is of its answer: the geometric mean of the probabilities of its tokens, the least of them, or the
# share of `samples` that agree.
Measure = Literal["mean", "least", "agreement"]


# What is not seen, and strokes through letters: soft hyphens, joiners, direction and variation marks, combining marks
# that no letter has taken up (Unicode 15.0, DerivedCoreProperties: Default_Ignorable_Code_Point; blocks of diacritics).
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e0fff\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)

# Joiners that would keep a letter and its accent apart go before letters are composed.
_UNSEEN_INSIDE = re.compile("[\u00ad\u200b-\u200f\u2060-\u206f\ufeff]")


def readable(text: str) -> str:
    """The text as it looks: full-width and other compatibility forms plain (NFKC, UAX #15), unseen characters gone."""
    return text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN_INSIDE.sub("", text)))


def word_key(word: str) -> str:
    """By what words are compared: as they look, without case (UAX #31, NFKC_Casefold)."""
    return readable(readable(word).casefold())


@dataclass(frozen=True)
class Rule:
    """One thing that is not wanted. It is met when any of its tests is.

    Args:
        on: Whether questions, answers or both are tested.
        patterns: Regular expressions, searched for.
        words: Whole words, by their `word_key`; met when ``at_least`` different ones occur.
        longest_chars: Met by a longer text; None for no bound.
        personal: Kinds of `edge.core.personal`.
        action: ``redact`` puts ``[email]`` and the like in the place of personal data in an answer instead of
            refusing it.
        adapters: Only requests with one of these adapters; empty for all.
    """

    name: str
    on: frozenset[Side]
    patterns: tuple[re.Pattern[str], ...] = ()
    words: frozenset[str] = frozenset()
    at_least: int = 1
    longest_chars: int | None = None
    personal: tuple[str, ...] = ()
    action: Literal["refuse", "redact"] = "refuse"
    adapters: frozenset[str] = frozenset()

    def concerns(self, side: Side, adapter: str | None) -> bool:
        """Whether it applies to this side of a request with this adapter."""
        return side in self.on and (not self.adapters or (adapter or "") in self.adapters)

    def met_by(self, text: str) -> bool:
        """Whether the text is what the rule is about."""
        if self.longest_chars is not None and len(text) > self.longest_chars:
            return True
        forms = {text, readable(text)}
        if any(pattern.search(form) for pattern in self.patterns for form in forms):
            return True
        if self.words and len(self.words & set(re.findall(r"\w+", word_key(text)))) >= self.at_least:
            return True
        return any(personal.found(form, self.personal) for form in forms)


@dataclass(frozen=True)
class Abstention:
    """Below which confidence an answer is kept back."""

    by: Measure
    below: float


@dataclass(frozen=True)
class Refusal:
    """Why nothing is answered: the rule, and the sentence for the device."""

    rule: str
    sentence: str


@dataclass(frozen=True)
class Policy:
    """All rules of a node.

    Args:
        abstain: By adapter; ``""`` is the model without one.
        refusals: Its own sentences by language, in place of those of `REFUSALS`.
        language: Of the refusals: ``auto``, or one that has a sentence; None leaves it to another policy, else auto.
    """

    rules: tuple[Rule, ...] = ()
    abstain: Mapping[str, Abstention] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None

    def __add__(self, other: "Policy") -> "Policy":
        """Both policies: all rules of both; where both abstain or speak, ``self`` decides."""
        return Policy(
            rules=self.rules + other.rules,
            abstain={**other.abstain, **self.abstain},
            refusals={**other.refusals, **self.refusals},
            language=self.language or other.language,
        )

    def check_question(self, texts: Sequence[str], adapter: str | None) -> Refusal | None:
        """Whether a question is refused before the model sees it.

        Args:
            texts: What the device wrote: its prompt, or the contents of its messages. A rule is met by one of them, or
                by all together: what is split over two messages is still asked.
        """
        tested = [*texts, "\n".join(texts)] if len(texts) > 1 else texts
        for rule in self.rules:
            if rule.concerns("input", adapter) and any(_meets(text, rule) for text in tested):
                return Refusal(rule.name, self._sentence(texts))
        return None

    def check_answer(
        self, text: str, question: Sequence[str], adapter: str | None, sure: Mapping[str, float], *, is_json: bool
    ) -> Refusal | str:
        """An answer as it may be sent, or why it is not.

        Args:
            sure: The confidences that are known, by their `Measure`.
            is_json: A document keeps its shape: what would be redacted in it is refused. Its keys and texts are tested
                as a device reads them, too, without escapes.
        """
        values = _values(text) if is_json else None
        for rule in self.rules:
            if not rule.concerns("output", adapter):
                continue
            if not _meets(text, rule) and (values is None or not _meets(values, rule)):
                continue
            if rule.action == "redact" and not is_json:
                text = personal.redacted(text, rule.personal)
                if not rule.met_by(text):
                    continue
            return Refusal(rule.name, self._sentence(question))
        limit = self.abstain.get(adapter or "")
        if limit is not None and limit.by in sure and sure[limit.by] < limit.below:
            return Refusal("abstain", self._sentence(question))
        return text

    def undecided(self, question: Sequence[str]) -> Refusal:
        """The refusal of what the rules do not decide in time."""
        return Refusal("undecided", self._sentence(question))

    def measures(self, adapter: str | None) -> frozenset[Measure]:
        """Which confidences may decide over a request with this adapter; with ``auto`` any adapter may answer it."""
        if adapter == AUTO:
            return frozenset(limit.by for limit in self.abstain.values())
        limit = self.abstain.get(adapter or "")
        return frozenset({limit.by}) if limit else frozenset()

    def judges_answers(self, adapter: str | None) -> bool:
        """Whether an answer can only be sent whole, because its end may refuse it: then there are no deltas."""
        if self.measures(adapter):
            return True
        return any(rule.concerns("output", adapter) or (adapter == AUTO and "output" in rule.on) for rule in self.rules)

    def idle(self, adapters: Collection[str]) -> list[str]:
        """What never decides beside a model with these adapters, a sentence each: a wrong name looks like no rule."""
        there = ", ".join(sorted(adapters)) or "none"
        limits = [
            f"abstain below {limit.below:g} with adapter {name!r} never decides: the model has {there}"
            for name, limit in self.abstain.items()
            if name and name not in adapters
        ]
        return limits + [
            f"rule {rule.name!r} with adapter {name!r} never decides: the model has {there}"
            for rule in self.rules
            for name in sorted(rule.adapters - {""})
            if name not in adapters
        ]

    def _sentence(self, texts: Sequence[str]) -> str:
        spoken = self.language or "auto"
        if spoken == "auto":
            spoken = language.guess(" ".join(texts)[:2000])
        said = {**REFUSALS, **self.refusals}
        return said.get(spoken, said["en"])


def _meets(text: str, rule: Rule) -> bool:
    """Whether the rule is met; one that is not decided in the time its caller allows counts as met."""
    try:
        return rule.met_by(text)
    except TimeoutError:
        return True


def _values(text: str) -> str | None:
    """All keys and texts of a JSON document, a line each; None for what is none."""
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return None
    found: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            waiting += [part for pair in reversed(value.items()) for part in reversed(pair)]
        elif isinstance(value, list):
            waiting += reversed(value)
    return "\n".join(found)
