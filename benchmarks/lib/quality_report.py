"""The report of quantised_quality.py: two tables of the levels, one of merging, CSV and plot."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lib import levels, machine, quality, quality_plot
from lib import quality_table as table
from lib.setting import Setting

SUITES = {suite: task for task, (suite, _) in quality.TASKS.items()}
OWN = " on the adapter's own answers"
FILES = ("MB", "bits", "KL", "perplexity ratio", "same top token", "tg ratio")
RIGHT = (*(f"{table.RIGHT}{task}" for task in (*quality.TASKS, *quality.SKILLS)), "macro F1: alerts")
SURVIVING = "share of the adapter's change"
MERGING = ("MB", SURVIVING, f"KL{OWN}", f"{table.RIGHT}{quality.MERGED_TASK}")

Found = Mapping[str, Any]


def report(setting: Setting, found: Found, facts: Found, about: Found, folders: Sequence[Path]) -> None:
    """Print, and write into each folder.

    Args:
        found: What each step returned.
        facts: ``levels.facts`` of each level.
        about: What was measured.
    """
    cells, merged = cells_of(found, facts), merged_cells(found, facts)
    holds = {name: one["holds"] for name, one in facts.items()}
    merged_holds = {f"{name}, swapped": holds[name] for name in found["merged"]["answers"]}
    merged_holds |= {f"{name}, merged": one["holds"] for name, one in found["merged"]["facts"].items()}
    lines = [
        *table.markdown(cells, FILES, holds),
        "",
        *table.markdown(cells, RIGHT),
        "",
        *table.markdown(merged, MERGING, merged_holds),
    ]
    print("\n".join(["", *lines, "", setting.command]))
    document = {
        "script": setting.script,
        "command": setting.command,
        "machine": machine.facts(),
        **about,
        "holds": holds,
        "speed": found.get("speed"),
        "wrong": wrong(found["answers"]),
    }
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        table.write_csv(folder / "levels.csv", cells, setting.command)
        table.write_csv(folder / "merged.csv", merged, setting.command)
        quality_plot.write(folder / "quality.svg", cells, levels.SHIPPED.name)
        (folder / "quality.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "quality.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written: {folder}")


def cells_of(found: Found, facts: Found) -> list[table.Cell]:
    """The levels' figures."""
    shipped = levels.SHIPPED.name
    skills, answers = found["skills"], found["answers"]
    cells: list[table.Cell] = []
    for level, one in facts.items():
        cells += table.file_cells(level, one)
        cells += table.drift_cells(level, found["drift"][level])
        cells += [table.skill_cell(level, skills[level][name], skills[shipped][name]) for name in quality.SKILLS]
        cells += table.task_cells(level, answers[level], answers[shipped], SUITES)
    if "speed" in found:
        cells += table.speed_cells([one["tokens_per_s"] for one in found["speed"]], shipped)
    return table.adjusted(cells)


def merged_cells(found: Found, facts: Found) -> list[table.Cell]:
    """An adapter swapped in over a level beside the same adapter merged before it was quantised."""
    merged = found["merged"]
    cells = [cell for name, one in merged["own"].items() for cell in table.drift_cells(name, one, OWN)]
    for name, one in merged["answers"].items():
        swapped = only(found["answers"][name], quality.TASKS[quality.MERGED_TASK][0])
        cells += table.file_cells(f"{name}, swapped", facts[name])
        cells += table.task_cells(f"{name}, swapped", swapped, swapped, SUITES)
        cells += table.task_cells(f"{name}, merged", one, swapped, SUITES)
    for name, one in merged["facts"].items():
        cells += table.file_cells(f"{name}, merged", one)
    cells += [table.Cell(f"{name}, merged", SURVIVING, 1, share) for name, share in merged["surviving"].items()]
    return table.adjusted(cells)


def only(found: Found, suite: str) -> dict[str, Any]:
    """One suite of a run."""
    return {**found, "suites": [one for one in found["suites"] if one["suite"] == suite]}


def wrong(answers: Found) -> dict[str, dict[str, list[str]]]:
    """The questions that each level had wrong, so that others can pair them again."""
    return {
        level: {
            suite["suite"]: [item["id"] for item in suite["items"] if not item["passed"]] for suite in one["suites"]
        }
        for level, one in answers.items()
    }
