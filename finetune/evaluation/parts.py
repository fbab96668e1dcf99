"""Results of ``--part`` as the result of the whole: nothing twice, nothing missing, all of one measurement. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from edgegen.part import Part, together
from finetune.evaluation import drift, ecinstruct
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Item, Outcome, asked_together, means

Document = Mapping[str, Any]

# What has to be the same in every part, and what it is another of where it is not.
_SAME = {
    "identity": "model",
    "adapter": "adapter",
    "fingerprint": "adapter's file or scale, system prompt or chat template",
    "settings": "settings",
}
# Notes about the machine: parts may come from several.
_OF_MACHINES = ("network", "files", "system calls")
# What reading a document raises that is not whole, or was changed.
_DAMAGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def of_document(document: Document) -> Part:
    """Which part it is of.

    Raises:
        ValueError: It does not say, or what it says is no part.
    """
    number, _, of = str(document.get("part", "")).partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError("does not say which part it is of; it has to be what --out wrote beside --part")
    return Part(int(number), int(of))


def in_order(documents: Mapping[str, Document]) -> dict[str, Document]:
    """All parts of one measurement, from the first on.

    Args:
        documents: By what they are called, such as their files.

    Raises:
        EvaluationDataError: One is missing, there twice, or of another measurement; each is named.
    """
    problems: list[str] = []
    places: dict[int, str] = {}
    of = 0
    first = next(iter(documents))
    for name, document in documents.items():
        try:
            part = of_document(document)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        of = of or part.of
        if part.of == 1:
            problems.append(f"{name}: is a whole result, of which there are no other parts")
        elif part.of != of:
            problems.append(f"{name}: is part {part.number} of {part.of}, where others are parts of {of}")
        elif part.number in places:
            problems.append(f"{name}: is part {part.number}/{of}, as {places[part.number]} is")
        else:
            places[part.number] = name
        problems += [f"{name}: {difference}" for difference in _differences(documents[first], document, first)]
    if not problems:
        missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in places]
        problems += [f"part {', '.join(missing)}: is missing; give the files of all {of}"] if missing else []
    if problems:
        raise EvaluationDataError(problems)
    return {places[number]: documents[places[number]] for number in range(1, of + 1)}


def _differences(one: Document, other: Document, name: str) -> list[str]:
    found = [key for key in _SAME if one.get(key) != other.get(key)]
    if "identity" in found:
        return [f"is of another model than {name}: {other.get('identity')}, there {one.get('identity')}"]
    if "adapter" in found:
        return [f"is of the adapter {other.get('adapter')!r}, {name} of {one.get('adapter')!r}"]
    if "fingerprint" in found:
        return [f"has another {_SAME['fingerprint']} than {name}"]
    if "settings" in found:
        here, there = (
            dict(said) if isinstance(said, dict) else {} for said in (other.get("settings"), one.get("settings"))
        )
        options = [
            f"--{key} {here.get(key)}, there {there.get(key)}"
            for key in {**there, **here}
            if here.get(key) != there.get(key)
        ]
        return [f"was asked with other options than {name}: {'; '.join(options) or 'it does not say with which'}"]
    return []


def joined(documents: Mapping[str, Document]) -> dict[str, Any]:
    """What ``edgegen evaluate run --out`` would have written of the whole.

    Raises:
        EvaluationDataError: As ``in_order``; or parts of a task were given other data, or do not make up its whole.
    """
    parts = in_order(documents)
    outcomes, problems = [], []
    found = [_outcomes(name, document) for name, document in parts.items()]
    for name, mine in zip(parts, found, strict=True):
        if [one.task for one in mine] != [one.task for one in found[0]]:
            problems.append(f"{name}: holds {_tasks(mine)}, where another part holds {_tasks(found[0])}")
    for same in () if problems else zip(*found, strict=True):
        try:
            outcomes.append(_outcome(same).as_json())
        except _DAMAGE as error:
            problems.append(f"{same[0].task}: {error}")
    if problems:
        raise EvaluationDataError(problems)
    truncated = sum(part["truncated"] for part in parts.values())
    return {**next(iter(parts.values())), "part": "1/1", "truncated": truncated, "outcomes": outcomes}


def _outcomes(name: str, document: Document) -> list[Outcome]:
    try:
        return _checked(document)
    except _DAMAGE as error:
        raise EvaluationDataError([_damaged(name, error)]) from None


def _checked(document: Document) -> list[Outcome]:
    """Those of a part, if its items give its figures."""
    if not isinstance(document["truncated"], int):
        raise TypeError("'truncated' is no number")
    found = [Outcome.of_json(one) for one in document["outcomes"]]
    for one in found:
        asked_together([one.asked])
        again = _metrics(one.task, one.items)
        if again.keys() != one.metrics.keys() or any(not math.isclose(again[m], one.metrics[m]) for m in again):
            raise ValueError(f"{one.task}: its items do not give its metrics")
    return found


def _metrics(task: str, items: Sequence[Item]) -> dict[str, float]:
    return ecinstruct.metrics_of(task, items) if task.startswith(ecinstruct.PREFIX) else means(items)


def _damaged(name: str, error: Exception) -> str:
    return f"{name}: is damaged: {type(error).__name__}: {error}. Measure that part anew."


def _tasks(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(one.task for one in outcomes) or "no task"


def _outcome(parts: Sequence[Outcome]) -> Outcome:
    task, main = parts[0].task, parts[0].main
    wholes = {one.whole for one in parts}
    if len(wholes) != 1 or "" in wholes or any(one.main != main for one in parts):
        raise ValueError("its parts were taken of other data, or of other --examples or --labels")
    items = together([one.items for one in parts])
    if asked_together(one.asked for one in parts) != parts[0].whole or len({item.id for item in items}) != len(items):
        raise ValueError("what its parts were asked is not what the whole asks, once each")
    return Outcome(task, _metrics(task, items), main, tuple(items), _notes(parts), parts[0].whole, parts[0].whole)


def joined_drift(documents: Mapping[str, Document]) -> dict[str, list[dict[str, Any]]]:
    """What ``edgegen evaluate drift --out`` would have written of the whole.

    Raises:
        EvaluationDataError: As ``in_order``; or what the parts read does not make up one whole.
    """
    parts = in_order(documents)
    for name, document in parts.items():
        try:
            _check_drift(document)
        except _DAMAGE as error:
            raise EvaluationDataError([_damaged(name, error)]) from None
    every = list(parts.values())
    problems = [
        f"{kind}: what its parts read is not what the whole reads, once each"
        for kind in {kind: None for part in every for kind in part["read"]}
        if not _make_up([part["read"].get(kind, {}) for part in every])
    ]
    if problems:
        raise EvaluationDataError(problems)
    try:
        return drift.joined([part["compared"] for part in every])
    except _DAMAGE as error:
        raise EvaluationDataError([f"the parts do not hold what they read: {error}"]) from None


def _check_drift(document: Document) -> None:
    for ones in document["compared"].values():
        for one in ones:
            drift.Compared.of_json(one)
    for read in document["read"].values():
        for key in ("asked", "whole"):
            int(read[key], 16)


def _make_up(read: Sequence[Mapping[str, str]]) -> bool:
    wholes = {one.get("whole", "") for one in read}
    return len(wholes) == 1 and asked_together(one.get("asked", "") for one in read) in wholes - {""}


def _notes(parts: Sequence[Outcome]) -> dict[str, Any]:
    """Those of all parts; of several machines each one's.

    Raises:
        ValueError: They say that the parts were measured in other ways.
    """
    notes = dict(parts[0].notes)
    for key in {key for one in parts for key in one.notes}:
        said = [one.notes.get(key) for one in parts]
        if any(one != said[0] for one in said):
            if key not in _OF_MACHINES:
                raise ValueError(f"its parts were measured in several ways: {key} {', '.join(map(str, said))}")
            notes[key] = " or ".join(sorted(set(map(str, said))))
    return notes
