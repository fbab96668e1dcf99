"""What the shipped adapters are held to, question by question, from the files that the commands wrote.

``edgegen evaluate shipped`` runs the commands; here their documents become rows with a figure, its bound and a verdict.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from finetune.evaluation import forgetting
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Outcome

ADAPTERS = ("numbers", "iot-command", "alert-triage")
LANGUAGES = ("id", "es", "de", "fr", "pt")
STRONG, WEAK = ("facts", "code"), ("sums", "sequences", "humaneval")

Documents = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        before: Of the base without an adapter; None where that is 0 by definition or was not asked.
        figure: As a number, so that another run can be compared with it.
        shown: The figure as people read it, with what it is of.
        reach: The bound in words.
        reached: None where the figure is not bound.
        step: The command that measured it, by its name in ``commands``.
    """

    question: str
    before: str | None
    figure: float
    shown: str
    reach: str
    reached: bool | None
    step: str


def skill(model: str | None, task: str) -> str:
    """The document of one skill, of an adapter or (None) of the base."""
    return f"skills-{model or 'base'}-{task}"


def read(folder: Path, steps: Sequence[str]) -> dict[str, Any]:
    """The documents of the steps by name; one that is not there yet is left out.

    Raises:
        EvaluationDataError: Some are no JSON; all of them are named.
    """
    found, problems = {}, []
    for step in steps:
        path = folder / f"{step}.json"
        try:
            found[step] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {error}")
    if problems:
        raise EvaluationDataError(problems)
    return found


def rows(found: Documents) -> list[Row]:
    """Every figure whose documents are there, in the order of the table."""
    sections: list[tuple[Callable[[Documents], Iterator[Row]], Sequence[str]]] = [
        (_numbers, ("numbers", "base")),
        (_famous, ("famous", "base")),
        (_languages, ("languages", "base")),
        (_commands, ("iot-command", "base")),
        (_alerts, ("alert-triage", "base")),
        (_drift, ("drift",)),
        *((partial(_skill, name, task), (skill(None, task), skill(name, task)))
          for name in ADAPTERS for task in (*STRONG, *WEAK)),
        (_abstention, ("abstention",)),
        (_gate, ("gate",)),
    ]  # fmt: skip
    return [row for section, needed in sections if found.keys() >= set(needed) for row in section(found)]


def _suite(document: Documents, name: str) -> Mapping[str, Any]:
    mine: Mapping[str, Any] = next(suite for suite in document["suites"] if suite["suite"] == name)
    return mine


def _share(score: Mapping[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['passed']:,} of {score['total']:,} ({score['score']:.1%}; {low:.1%} to {high:.1%})"


def _numbers(found: Documents) -> Iterator[Row]:
    now, base = _suite(found["numbers"], "number-comparison"), _suite(found["base"], "number-comparison")
    question = f"number comparison, {now['total']:,} sealed English pairs"
    yield Row(question, _share(base), now["score"], _share(now), ">= 99%", now["score"] >= 0.99, "numbers")
    worst = now["worst_score"] or 0.0
    shown = f"{worst:.1%} ({now['worst_template']})"
    yield Row("... its worst template", None, worst, shown, ">= 97%", worst >= 0.97, "numbers")


def _famous(found: Documents) -> Iterator[Row]:
    famous, before = _suite(found["famous"], "famous"), _suite(found["base"], "famous")
    right = f"{famous['passed']} of {famous['total']}"
    was = f"{before['passed']} of {before['total']}"
    yield Row("the famous prompt, 20 wordings, both orders", was, famous["score"], right, "all", famous["score"] == 1,
              "famous")  # fmt: skip


def _languages(found: Documents) -> Iterator[Row]:
    for language in LANGUAGES:
        name = f"number-comparison-{language}"
        now, base = _suite(found["languages"], name), _suite(found["base"], name)
        question = f"number comparison, sealed templates, {language}"
        yield Row(question, _share(base), now["score"], _share(now), ">= 95%", now["score"] >= 0.95, "languages")


def _commands(found: Documents) -> Iterator[Row]:
    command, base = _suite(found["iot-command"], "iot-command"), _suite(found["base"], "iot-command")
    exact, valid = command["categories"]["exact"], command["categories"]["valid"]
    was = _share(base["categories"]["exact"])
    yield Row("command to JSON, held-out phrasings: exact", was, exact["score"], _share(exact), ">= 95%",
              exact["score"] >= 0.95, "iot-command")  # fmt: skip
    shown = f"{valid['passed']} of {valid['total']}"
    yield Row("... valid for the schema", None, valid["score"], shown, "100%", valid["score"] == 1, "iot-command")


def _alerts(found: Documents) -> Iterator[Row]:
    triage, before = (_suite(found[step], "alert-triage")["macro_f1"] for step in ("alert-triage", "base"))
    yield Row("alert triage, macro F1", f"{before:.3f}", triage, f"{triage:.3f}", ">= 0.95", triage >= 0.95,
              "alert-triage")  # fmt: skip


def _drift(found: Documents) -> Iterator[Row]:
    for name in ADAPTERS:
        for one in found["drift"][name]:
            where = f"`{name}` on {one['kind']} ({one['tokens']:,} tokens)"
            low, high = one["kl_interval"]
            shown = f"{one['kl']:.4f} ({low:.4f} to {high:.4f})"
            yield Row(f"KL to the base, nats a token: {where}", "0", one["kl"], shown, "<= 0.02", one["kl"] <= 0.02,
                      "drift")  # fmt: skip
            low, high = one["ratio_interval"]
            shown = f"{one['ratio']:.4f} ({low:.4f} to {high:.4f})"
            yield Row(f"perplexity ratio: {where}", "1", one["ratio"], shown, "0.98 to 1.02",
                      0.98 <= one["ratio"] <= 1.02, "drift")  # fmt: skip


def _outcomes(document: Documents) -> list[Outcome]:
    return [Outcome.of_json(one) for one in document["outcomes"]]


def _skill(name: str, task: str, found: Documents) -> Iterator[Row]:
    """A strong skill by its score, a weak one by the probability of the reference."""
    step = skill(name, task)
    for base, tuned in zip(_outcomes(found[skill(None, task)]), _outcomes(found[step]), strict=True):
        question = f"{task} with `{name}`, n = {len(base.items):,}"
        if task in STRONG:
            one = forgetting.compare(base, tuned)
            low, high = one.change.interval
            shown = f"{one.change.value:+.1%} ({low:+.1%} to {high:+.1%})"
            yield Row(f"change of {question}", f"{one.before:.1%}", low, shown, "lower bound >= -2 points",
                      low >= -0.02, step)  # fmt: skip
        elif (change := forgetting.reference(base, tuned)) is not None:
            low, high = change.interval
            shown = f"{change.value:+.4f} ({low:+.4f} to {high:+.4f})"
            yield Row(f"reference, nats a token: {question}", f"{base.metrics[base.main]:.1%} right", change.value,
                      shown, "falls <= 0.02", change.value >= -0.02, step)  # fmt: skip


def _whole(found: Documents) -> Mapping[str, Any]:
    """The measure that was calibrated, over all answers of the other mix."""
    measures = found["abstention"]["checked"]["measures"]
    mine: Mapping[str, Any] = next(row for row in measures if row["adapter"] == "all" and row["measure"] == "mean")
    return mine


def _abstention(found: Documents) -> Iterator[Row]:
    row = _whole(found)
    low, high = row["interval"] or (0.0, 1.0)
    area = row["auroc"] if row["auroc"] is not None else 0.0
    shown = f"{area:.3f} ({low:.3f} to {high:.3f}), {row['right']} of {row['answers']} right"
    yield Row("abstention on another mix than it was calibrated on: AUROC", None, area, shown, ">= 0.75", area >= 0.75,
              "abstention")  # fmt: skip
    share = row["share_of_gain"]
    if share is not None:
        shown = f"{share:.0%} of {100 * row['oracle_gain']:.1f} points"
        yield Row("... share of the oracle's gain at 90% coverage", None, share, shown, ">= half", share >= 0.5,
                  "abstention")  # fmt: skip


def _gate(found: Documents) -> Iterator[Row]:
    seconds, cores = (found["commands"]["gate"][name] for name in ("seconds", "threads"))
    shown = f"{seconds:.1f} s, from the command to its end, on {cores} cores"
    yield Row("the `gate` suite", None, seconds, shown, "<= 60 s", seconds <= 60, "gate")


def markdown(table: Sequence[Row]) -> list[str]:
    """For docs/RESULTS.md."""
    verdicts = {None: "", True: "yes", False: "**no**"}
    return [
        "| question | base | with the adapters | reach | reached |",
        "|---|---|---|---|---|",
        *(f"| {r.question} | {r.before or ''} | {r.shown} | {r.reach} | {verdicts[r.reached]} |" for r in table),
    ]


def document(table: Sequence[Row], commands: Documents, about: Documents) -> dict[str, Any]:
    """For docs/results: what was measured on what, and how to measure it again."""
    return {**about, "rows": [asdict(row) for row in table], "commands": commands}
