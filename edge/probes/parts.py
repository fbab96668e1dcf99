"""Runs of parts of some suites as one run: each item as it was judged, each score over all of them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.probes.report import document
from edge.probes.run import Run, SuiteRun
from edge.probes.score import Result
from edge.probes.suite import Suite


def joined(suites: Sequence[Suite], documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ``edgegen probe run --json`` would have written of the whole.

    Args:
        suites: As they were asked, undivided.
        documents: What it wrote of each part; their seconds add up.

    Raises:
        ValueError: The parts are of several models, or do not hold each item of the suites once as it is now.
    """
    return document(joined_run(suites, documents))


def joined_run(suites: Sequence[Suite], documents: Sequence[Mapping[str, Any]]) -> Run:
    """The run of the whole, with the id of its first part; else as ``joined``.

    Raises:
        ValueError: As ``joined``.
    """
    models = sorted({(one["model"], one["model_sha256"]) for one in documents})
    if len(models) != 1:
        raise ValueError(f"the parts are of several models: {', '.join(name for name, _ in models)}")
    run = Run(*models[0], id=documents[0]["run"])
    for suite in suites:
        mine = [found for one in documents for found in one["suites"] if found["suite"] == suite.name]
        judged = [item for part in mine for item in part["items"]]
        by_id = {item["id"]: item for item in judged}
        if len(judged) != len(by_id) or by_id.keys() != {item.id for item in suite.items}:
            raise ValueError(f"{suite.name}: its parts hold {len(judged)} items, the suite has {len(suite.items)}")
        others = [item.id for item in suite.items if item.prompt != by_id[item.id]["prompt"]]
        if others:
            raise ValueError(f"{suite.name}: {len(others)} items were asked in other words, the first is {others[0]}")
        results = tuple(_result(suite, place, by_id) for place in range(len(suite.items)))
        run.suites.append(SuiteRun(suite, results, sum(part["seconds"] for part in mine)))
    return run


def _result(suite: Suite, place: int, judged: Mapping[str, Mapping[str, Any]]) -> Result:
    item = suite.items[place]
    found = judged[item.id]
    names = ("answer", "passed", "reason", "seconds", "completion_tokens", "sure")
    return Result(item, **{name: found[name] for name in names})
