r"""Reads a guardrail policy: one TOML file, of the operator or of a bundle.

language = "auto"                        # of the refusals: auto, or one of those below
[refusals]
en = "Sorry, I can't help you with that. Do you need anything else?"

[[rule]]
name = "weapons"
on = ["input", "output"]
patterns = ['\bhow to (build|make) a bomb\b']      # regular expressions; case is ignored
[[rule]]
name = "medicine"
on = ["input"]
words = ["dose", "prescription", "diagnosis"]
at_least = 2                             # that many different ones make it the topic
[[rule]]
name = "privacy"
on = ["output"]
personal = ["email", "phone", "card", "iban"]
action = "redact"                        # or refuse, the default
[[rule]]
name = "long"
on = ["input"]
longest_chars = 4000
adapters = ["numbers"]                   # only with these adapters

[[abstain]]
adapter = "numbers"                      # left out: the model without an adapter
by = "mean"                              # mean or least probability of the answer's tokens, or agreement
below = 0.8
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.core.guardrails import REFUSALS, Abstention, Policy, Rule, word_key
from edge.core.personal import KINDS
from edgegen.errors import ConfigError

# A policy is written by people; a larger file is something else.
POLICY_BYTES = 1024 * 1024
BUNDLE_POLICY = "guardrails.toml"
_RULE_KEYS = {"name", "on", "patterns", "words", "at_least", "longest_chars", "personal", "action", "adapters"}
_TESTS = ("patterns", "words", "longest_chars", "personal")


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        ConfigError: With everything that is wrong in it.
    """
    try:
        with path.open("rb") as file:
            text = file.read(POLICY_BYTES + 1)
        if len(text) > POLICY_BYTES:
            raise ConfigError([f"{path}: larger than {POLICY_BYTES:,} bytes; a policy is a short file of rules"])
        table = tomllib.loads(text.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}. Write the policy there, or unset guardrails.policy"]) from error
    except (ValueError, RecursionError) as error:  # also UnicodeDecodeError and TOMLDecodeError
        raise ConfigError([f"{path}: not TOML: {error}"]) from None
    reader = _Reader()
    policy = reader.policy(table)
    if reader.problems:
        raise ConfigError([f"{path}: {problem}" for problem in reader.problems])
    return policy


def policy_of(operator: Path | None, bundle: Path | None) -> Policy:
    """What holds on a gateway: the operator's rules and those of the bundle, ``guardrails.toml`` in its folder.

    Raises:
        ConfigError: With everything that is wrong in either.
    """
    policy = read_policy(operator) if operator else Policy()
    own = bundle / BUNDLE_POLICY if bundle else None
    return policy + read_policy(own) if own and own.exists() else policy


class _Reader:
    """Reads tables strictly and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def policy(self, table: Mapping[str, Any]) -> Policy:
        self._unknown("the policy", table, {"language", "refusals", "rule", "abstain"})
        given = table.get("refusals", {})
        if not isinstance(given, dict) or not all(isinstance(text, str) and text.strip() for text in given.values()):
            self.problems.append('refusals: must be a table of sentences by language, as in en = "Sorry ..."')
            given = {}
        language = table.get("language")
        known = [*REFUSALS, *given]  # a list, so that a table or an array is named too
        if language not in (None, "auto") and language not in known:
            self.problems.append(f"language = {language!r}: must be auto or one of {', '.join(sorted({*known}))}")
        self.problems += [
            f"refusals: {spoken}: is never said, because no question is taken for {spoken}: those are in "
            f'{", ".join(REFUSALS)}. Correct it, or set language = "{spoken}"'
            for spoken in given
            if spoken not in REFUSALS and spoken != language
        ]
        rules = [self._rule(number, row) for number, row in enumerate(self._tables(table, "rule"), 1)]
        names = [rule.name for rule in rules if rule]
        self.problems += [
            f"rule {name!r}: stands there twice" for name in sorted({n for n in names if names.count(n) > 1})
        ]
        limits = [self._abstain(number, row) for number, row in enumerate(self._tables(table, "abstain"), 1)]
        whose = [adapter for adapter, _ in limits]
        self.problems += [
            f"abstain: {repr(adapter) if adapter else 'the model without an adapter'} has several limits; keep one"
            for adapter in sorted({adapter for adapter in whose if whose.count(adapter) > 1})
        ]
        return Policy(
            rules=tuple(rule for rule in rules if rule),
            abstain=dict(limits),
            refusals=given,
            language=language,
        )

    def _tables(self, table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        rows = table.get(name, [])
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
        self.problems.append(f"{name}: must be written as [[{name}]] tables")
        return []

    def _unknown(self, where: str, table: Mapping[str, Any], known: set[str]) -> None:
        if extra := sorted(set(table) - known):
            self.problems.append(f"{where}: unknown {', '.join(extra)}; known are {', '.join(sorted(known))}")

    def _rule(self, number: int, row: Mapping[str, Any]) -> Rule | None:
        name = row.get("name")
        if not isinstance(name, str) or not name:
            self.problems.append(f"rule {number}: needs a name, which the store and the error frame show")
            return None
        where = f"rule {name!r}"
        before = len(self.problems)
        self._unknown(where, row, _RULE_KEYS)
        if not any(row.get(test) not in (None, []) for test in _TESTS):
            self.problems.append(f"{where}: tests nothing; give it {', '.join(_TESTS)}")
        on = self._choices(where, row, "on", {"input", "output"})
        if not on:
            self.problems.append(f'{where}: on must be ["input"], ["output"] or both')
        kinds = self._choices(where, row, "personal", set(KINDS))
        action = row.get("action", "refuse")
        if action not in ("refuse", "redact"):
            self.problems.append(f"{where}: action = {action!r}: must be refuse or redact")
        elif action == "redact" and (
            on != ["output"] or set(row) & {"patterns", "words", "longest_chars"} or not kinds
        ):
            self.problems.append(
                f'{where}: redact works on personal data in answers: on = ["output"] and personal alone'
            )
        rule = Rule(
            name=name,
            on=frozenset(on),  # type: ignore[arg-type]
            patterns=tuple(self._patterns(where, row)),
            words=frozenset(self._words(where, row)),
            at_least=self._positive(where, row, "at_least", 1),
            longest_chars=self._positive(where, row, "longest_chars", 1) if "longest_chars" in row else None,
            personal=tuple(kinds),
            action=action,
            adapters=frozenset(self._strings(where, row, "adapters")),
        )
        if rule.at_least > max(1, len(rule.words)):
            self.problems.append(f"{where}: at_least = {rule.at_least} of {len(rule.words)} words can never be met")
        return rule if len(self.problems) == before else None

    def _abstain(self, number: int, row: Mapping[str, Any]) -> tuple[str, Abstention]:
        where = f"abstain {number}"
        self._unknown(where, row, {"adapter", "by", "below"})
        by, below = row.get("by", "mean"), row.get("below")
        if by not in ("mean", "least", "agreement"):
            self.problems.append(f"{where}: by = {by!r}: must be mean, least or agreement")
        if isinstance(below, bool) or not isinstance(below, int | float) or not 0 <= below <= 1:
            self.problems.append(
                f"{where}: below = {below!r}: must be a share from 0 to 1; `edgegen probe calibrate` finds it"
            )
            below = 0.0
        adapter = row.get("adapter", "")
        if not isinstance(adapter, str):
            self.problems.append(f"{where}: adapter = {adapter!r}: must be the name of an adapter")
            adapter = ""
        return adapter, Abstention(by=by, below=float(below))

    def _strings(self, where: str, row: Mapping[str, Any], key: str) -> list[str]:
        values = row.get(key, [])
        if isinstance(values, list) and all(isinstance(value, str) and value for value in values):
            return values
        self.problems.append(f"{where}: {key} must be a list of strings")
        return []

    def _words(self, where: str, row: Mapping[str, Any]) -> list[str]:
        words = [(word, word_key(word)) for word in self._strings(where, row, "words")]
        self.problems += [
            f"{where}: words: {word!r} is not one word of letters and digits; write it as a pattern"
            for word, key in words
            if not re.fullmatch(r"\w+", key)
        ]
        return [key for _, key in words]

    def _choices(self, where: str, row: Mapping[str, Any], key: str, known: set[str]) -> list[str]:
        values = self._strings(where, row, key)
        if extra := [value for value in values if value not in known]:
            self.problems.append(f"{where}: {key} = {extra}: known are {', '.join(sorted(known))}")
        return [value for value in values if value in known]

    def _patterns(self, where: str, row: Mapping[str, Any]) -> list[re.Pattern[str]]:
        compiled = []
        for text in self._strings(where, row, "patterns"):
            try:
                compiled.append(re.compile(text, re.IGNORECASE))
            except (
                re.error,
                OverflowError,
                RecursionError,
            ) as error:  # a{99999999999}, ((((...
                self.problems.append(f"{where}: pattern {text[:60]!r}: {error}")
        return compiled

    def _positive(self, where: str, row: Mapping[str, Any], key: str, default: int) -> int:
        value = row.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.problems.append(f"{where}: {key} = {value!r}: must be a whole number above 0")
        return default
