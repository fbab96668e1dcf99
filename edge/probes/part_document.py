"""The document of a part of a run, which says of what whole it is, and the whole of all parts. Pure.

What ``edgegen probe run --json --part K/N`` writes is the document of its questions (`edge.probes.report`) and beside
it ``part``; ``whole``: how all parts were asked, and of each suite the number and hash of all its questions and what it
asks for; of each item the weight, and the class where its check has one; and the ``sha256`` of all that. So the parts
can be put together with nothing else at hand, on any machine.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from edge.probes.parts import joined_run
from edge.probes.report import document
from edge.probes.run import Run
from edge.probes.suite import Item, Probe, Suite
from edgegen.errors import ConfigError
from edgegen.part import Part, together

Document = Mapping[str, Any]


def part_document(
    run: Run, part: Part, suites: Sequence[Suite], options: Mapping[str, Any], adapters: frozenset[str]
) -> dict[str, Any]:
    """What is written of a part.

    Args:
        run: Of the part.
        suites: Undivided, as they were to be asked.
        adapters: Of the model; a part may ask for none of those that the whole asks for in vain.
        options: All that decides the answers and stands in no suite, such as the target and its settings: JSON values
            by the names that a message about a difference shows.
    """
    asked = {(suite.name, item.id): item for suite in suites for item in suite.items}
    absent = {item.adapter for item in asked.values() if item.adapter is not None} - adapters
    found = document(run)
    for suite in found["suites"]:
        suite["items"] = [item | _kept(asked[suite["suite"], item["id"]]) for item in suite["items"]]
    found["part"] = f"{part.number}/{part.of}"
    found["whole"] = {
        "options": dict(options),
        "absent_adapters": sorted(absent),
        "suites": [_whole(suite) for suite in suites],
    }
    return {**found, "sha256": _digest(found)}


def whole_run(documents: Mapping[str, Document]) -> Run:
    """The run of the whole.

    Args:
        documents: By what they are called, such as their files; in any order.

    Raises:
        ConfigError: One is no part, damaged, missing, there twice, or of another whole; each is named.
    """
    parts = list(_in_order(documents).values())
    try:
        suites = [_suite(one, parts) for one in parts[0]["whole"]["suites"]]
        absent = frozenset(parts[0]["whole"]["absent_adapters"])
        return replace(joined_run(suites, parts), absent_adapters=absent)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError([f"the parts do not make up one whole: {error}. Run them all with one edgegen."]) from None


def _kept(item: Item) -> dict[str, Any]:
    """What scoring needs of a question beside what is written of a whole run."""
    check = item.check
    if "label" not in check:
        return {"weight": item.weight}
    classes = {"label": check["label"], "expect": {check["label"]: str(check["expect"][check["label"]])}}
    return {"weight": item.weight, "check": classes | {key: check[key] for key in ("extract",) if key in check}}


def _whole(suite: Suite) -> dict[str, Any]:
    probes = [asdict(probe) for probe in suite.probes]
    asked = [suite.name, suite.threshold, probes, [asdict(item) for item in suite.items]]
    return {
        "suite": suite.name,
        "items": len(suite.items),
        "sha256": _digest(asked),
        "threshold": suite.threshold,
        "probes": probes,
    }


def _digest(value: Any) -> str:
    # A suite may hold the dates and times of TOML.
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _suite(whole: Document, parts: Sequence[Document]) -> Suite:
    """A suite with all its questions, as far as scores need them."""
    name = whole["suite"]
    found = [[item for one in part["suites"] if one["suite"] == name for item in one["items"]] for part in parts]
    items = [_item(one) for one in together(found)]
    if len(items) != whole["items"]:
        raise ValueError(f"{name}: they hold {len(items)} of its {whole['items']} questions")
    probes = tuple(Probe(**probe) for probe in whole["probes"])
    return Suite(name, "", Path(f"{name}.toml"), whole["threshold"], probes, tuple(items))


def _item(found: Document) -> Item:
    return Item(
        id=found["id"],
        probe=found["id"].partition("/")[0],
        category=found["category"],
        template=found["template"],
        prompt=found["prompt"],
        check=found.get("check", {}),
        adapter=found["adapter"],
        weight=found["weight"],
    )


def _in_order(documents: Mapping[str, Document]) -> dict[str, Document]:
    """All parts of one whole, from the first on.

    Raises:
        ConfigError: As ``whole_run``.
    """
    problems = [f"{name}: {why}" for name, one in documents.items() if (why := _no_part(one))]
    if problems:
        raise ConfigError(problems)
    places: dict[int, str] = {}
    first, like = next(iter(documents.items()))
    of = like["part"].partition("/")[2]
    for name, one in documents.items():
        number, _, mine = one["part"].partition("/")
        if mine != of:
            problems.append(f"{name}: is part {number} of {mine}, {first} is one of {of}")
        elif int(number) in places:
            problems.append(f"{name}: is part {one['part']}, as {places[int(number)]} is")
        else:
            places[int(number)] = name
        problems += [f"{name}: {difference}" for difference in _differences(like, one, first)]
    if not problems:
        missing = [f"{number}/{of}" for number in range(1, int(of) + 1) if number not in places]
        problems += [f"part {', '.join(missing)}: is missing; give the files of all {of}"] if missing else []
    if problems:
        raise ConfigError(problems)
    return {places[number]: documents[places[number]] for number in sorted(places)}


def _no_part(one: Any) -> str | None:
    """Why it is no part; None for one that is as it was written."""
    if not isinstance(one, dict) or not {"run", "model", "suites"} <= one.keys():
        return "is not the output of `edgegen probe run --json --part K/N`"
    if "part" not in one:
        return "is of a whole run, or of an edgegen that wrote no parts to join: use --part K/N beside --json"
    if one.get("sha256") != _digest({key: value for key, value in one.items() if key != "sha256"}):
        return f"is damaged: it is not what was written any more. Run part {one['part']} again."
    return None


def _differences(one: Document, other: Document, name: str) -> list[str]:
    """In what another part is of another whole than the first; the reason of the others where one is."""
    if (one["model"], one["model_sha256"]) != (other["model"], other["model_sha256"]):
        said, there = (f"{found['model']} ({found['model_sha256'][:12]})" for found in (other, one))
        return [f"is of {said}, {name} of {there}"]
    here, there = other["whole"]["options"], one["whole"]["options"]
    if unlike := [key for key in {**there, **here} if here.get(key) != there.get(key)]:
        said = "; ".join(f"{key} {_shown(here.get(key))}, there {_shown(there.get(key))}" for key in unlike)
        return [f"was asked otherwise than {name}: {said}"]
    mine, theirs = ({suite["suite"]: suite for suite in found["whole"]["suites"]} for found in (other, one))
    if mine.keys() != theirs.keys():
        return [f"asks {', '.join(mine)}; {name} asks {', '.join(theirs)}"]
    changed = [suite for suite in mine if mine[suite] != theirs[suite]]
    if changed:
        return [f"asks other questions of {', '.join(changed)} than {name}: the suite was changed between them"]
    return []


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
