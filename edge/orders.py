"""What an operator's bundle command says, and the arguments of `edgegen bundle` that it becomes.

Only what this table knows reaches the command line, and nothing that would waive a proof is in it. Names are handed
over behind ``--``, and name what is installed or offered, never a path.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgegen.bundle_offers import INBOX, STICK
from edgegen.errors import RequestError
from edgegen.protocol import field_problems

_NAME = {"type": "string", "minLength": 1}
_BUNDLE = {"bundle": _NAME}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "bundle.list": {},
    "bundle.install": {**_BUNDLE, "from": {"enum": [STICK, INBOX]}, "activate": {"type": "boolean"}},
    "bundle.activate": _BUNDLE,
    "bundle.rollback": {"from_version": _NAME, "reason": _NAME},
    "bundle.remove": _BUNDLE,
}
_REQUIRED = {"bundle.rollback": "from_version", "bundle.list": None}
BUNDLE_VERBS = tuple(FIELDS)

# The longest name of a file, and enough for a sentence.
_CHARACTERS = 255


@dataclass(frozen=True)
class Order:
    """A bundle command. ``shown`` is how the record names it, ``arguments`` what stands behind ``edgegen bundle``."""

    verb: str
    shown: str
    arguments: tuple[str, ...]
    changes: bool


def read_order(verb: str, document: Mapping[str, Any]) -> Order:
    """Check a bundle command and turn it into arguments.

    Raises:
        RequestError: Naming every field that is wrong.
    """
    fields = FIELDS[verb]
    given = {name: value for name, value in document.items() if name != "id"}
    problems = [f"unknown field {name[:64]!a} ({verb} takes {_listed(fields)})" for name in given.keys() - fields]
    required = _REQUIRED.get(verb, "bundle")
    if required is not None and required not in given:
        problems.append(f"{verb} needs {required}")
    for name in fields.keys() & given.keys():
        problems += field_problems(name, given[name], fields[name])
        if isinstance(given[name], str) and (len(given[name]) > _CHARACTERS or not given[name].isprintable()):
            problems.append(f"{name} must be at most {_CHARACTERS} printable characters")
    if problems:
        raise RequestError("bad_request", "; ".join(sorted(problems)[:8]))
    return Order(verb, _shown(verb, given), _arguments(verb, given), changes=verb != "bundle.list")


def _arguments(verb: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    if verb == "bundle.list":
        return ("list",)
    if verb == "bundle.install":
        options = [] if "from" not in given else ["--from", given["from"]]
        if given.get("activate") is False:
            options.append("--no-activate")
        return ("accept", *options, "--", given["bundle"])
    if verb == "bundle.rollback":
        reason = given.get("reason", "on order")
        return ("rollback", f"--from-version={given['from_version']}", f"--reason={reason}")
    return (verb.removeprefix("bundle."), "--", given["bundle"])


def _shown(verb: str, given: Mapping[str, Any]) -> str:
    return " ".join([verb, *(f"{name}={value}" for name, value in sorted(given.items()))])


def _listed(fields: Mapping[str, Any]) -> str:
    return ", ".join(["id", *fields])
