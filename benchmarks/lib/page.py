"""Writes the tables of docs/RESULTS.md from docs/results/*.json: `.venv/bin/python benchmarks/lib/page.py`.

Text between the marks ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is replaced; the rest is written by people.
``NAME`` is a script, whose own table it is, or one of ``machine``, ``figures``, ``verdicts`` and ``own_verdicts``.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"

Document = dict[str, Any]

# In the order of the page. What the engine was asked to reach ...
ASKED = (
    *("tg", "throughput", "shared_prompt", "long_prompt", "schema", "adapters", "accepted", "memory", "startup"),
    *("big_model",),
)
# ... what we ask of our own choices, whose bounds are our own ...
OWN = ("overhead", "lookup", "threads")
# ... and what `make bench` leaves out (benchmarks/suite.py says how to run them).
APART = ("quantise", "whole_8b")
ORDER = (*ASKED, *OWN, *APART)

NOT_MEASURED = "Not measured yet."

# What docs/RESULTS.md lists first: words, script, how its row is read, unit.
FIGURES: tuple[tuple[str, str, str, Document, str], ...] = (
    ("generation, 1 sequence, engine alone", "tg", "engine_tokens_per_s", {"sequences": 1}, "tokens/s"),
    ("generation, 8 sequences together, engine alone", "tg", "engine_tokens_per_s", {"sequences": 8}, "tokens/s"),
    ("answers over MQTT, 1 device", "throughput", "edgegen tokens_per_s", {"devices": 1}, "tokens/s"),
    ("answers over MQTT, 8 devices at once", "throughput", "edgegen tokens_per_s", {"devices": 8}, "tokens/s"),
    ("TTFT p50, 1 device, 50-token prompt", "throughput", "edgegen ttft_p50_s", {"devices": 1}, "s"),
    ("TTFT p50, 8 devices at once", "throughput", "edgegen ttft_p50_s", {"devices": 8}, "s"),
    ("TTFT p95, 8 devices at once", "throughput", "edgegen ttft_p95_s", {"devices": 8}, "s"),
    ("publish to `accepted`, p50, under that load", "accepted", "accepted_p50_s", {}, "s"),
    ("publish to `accepted`, p95, under that load", "accepted", "accepted_p95_s", {}, "s"),
    ("memory (PSS), daemon", "memory", "daemon_mib", {"side": "edgegen"}, "MiB"),
    ("memory (PSS), engine with model and KV cache", "memory", "engine_mib", {"side": "edgegen"}, "MiB"),
    (
        "`edgegen serve` to state `online`, model in the page cache",
        "startup",
        "edgegen_s",
        {"model": "in the page cache"},
        "s",
    ),
    ("`edgegen serve` to state `online`, cold", "startup", "edgegen_s", {"model": "on the disk"}, "s"),
)


def documents() -> dict[str, Document]:
    """All saved results by script, in the order of the page."""
    paths = {path.stem: path for path in sorted((DOCS / "results").glob("*.json"))}
    names = [*(name for name in ORDER if name in paths), *(name for name in paths if name not in ORDER)]
    return {name: json.loads(paths[name].read_text("utf-8")) for name in names}


def figures(found: dict[str, Document]) -> Iterator[list[str]]:
    """The lines of the first table."""
    yield ["what", "measured", "command"]
    for words, script, column, where, unit in FIGURES:
        for row in found[script]["rows"] if script in found else ():
            if where.items() <= row.items():
                yield [words, f"{_number(row[column])} {unit}", f"`{found[script]['command']}`"]


def verdicts(found: dict[str, Document], *, own: bool) -> Iterator[list[str]]:
    """The lines of a table of ratios: of our own bounds, or of all others."""
    yield ["question", "reference", "reach", "measured ratio, median (lowest to highest)", "reached", "command"]
    for name in OWN if own else ASKED:
        if name not in found:
            yield [f"`{name}`", "-", "-", "not measured", "-", f"`.venv/bin/python benchmarks/{name}.py`"]
    for name, document in found.items():
        for line in document["verdict"] if (name in OWN) == own else ():
            spread = f"{_number(line['median'])} ({_number(line['min'])} to {_number(line['max'])})"
            reached = "yes" if line["reached"] else "**no**"
            reference = line.get("reference") or "-"
            yield [line["question"], reference, line["target"], spread, reached, f"`{document['command']}`"]


def rows(document: Document) -> Iterator[list[str]]:
    """A script's own table."""
    yield list(document["rows"][0])
    for row in document["rows"]:
        yield [_number(value) for value in row.values()]


def machine(found: dict[str, Document]) -> str:
    """The facts they all share."""
    facts = next(iter(found.values()))["machine"]
    return (
        f"{facts['cpu']}, {facts['cores']} cores ({', '.join(facts['vector'])}), {facts['memory_gib']} GiB, "
        f"Linux {facts['kernel']}, Python {facts['python']}, llama-cpp-python {facts['llama_cpp_python']}."
    )


def _number(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def _table(lines: Iterable[list[str]]) -> str:
    head, *body = lines
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *body))


def filled(text: str, found: dict[str, Document]) -> str:
    """The page with the marked parts replaced.

    Raises:
        ValueError: A saved result has no place on the page.
    """
    parts = {
        "machine": machine(found),
        "figures": _table(figures(found)),
        "verdicts": _table(verdicts(found, own=False)),
        "own_verdicts": _table(verdicts(found, own=True)),
        **{name: _table(rows(document)) for name, document in found.items()},
    }
    homeless = [name for name in parts if f"<!-- begin {name} -->" not in text]
    if homeless:
        raise ValueError(
            f"docs/RESULTS.md has no place for {', '.join(homeless)}. Write the two lines where its table shall stand: "
            f"<!-- begin {homeless[0]} --> and <!-- end {homeless[0]} -->"
        )
    return re.sub(
        r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)",
        lambda match: f"{match[1]}{parts.get(match[2], NOT_MEASURED)}\n{match[3]}",
        text,
        flags=re.DOTALL,
    )


def main() -> None:
    """Replace the marked parts."""
    page = DOCS / "RESULTS.md"
    try:
        text = filled(page.read_text("utf-8"), documents())
    except ValueError as error:
        sys.exit(str(error))
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
