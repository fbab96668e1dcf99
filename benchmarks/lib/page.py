"""Writes the tables of docs/RESULTS.md from docs/results/*.json: `.venv/bin/python benchmarks/lib/page.py`.

Text between the marks ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` is replaced; the rest is written by people.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"

Document = dict[str, Any]

# What docs/RESULTS.md lists first: words, script, how its row is read, unit.
FIGURES = (
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
    ("`edgegen serve` to state `online`", "startup", "edgegen_s", {}, "s"),
)


def documents() -> dict[str, Document]:
    """All saved results by script."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((DOCS / "results").glob("*.json"))}


def figures(found: dict[str, Document]) -> Iterator[list[str]]:
    """The lines of the first table."""
    yield ["what", "measured", "command"]
    for words, script, column, where, unit in FIGURES:
        if script in found:
            document = found[script]
            row = next(r for r in document["rows"] if where.items() <= r.items())
            yield [words, f"{_number(row[column])} {unit}", f"`{document['command']}`"]


def verdicts(found: dict[str, Document]) -> Iterator[list[str]]:
    """The lines of the table of ratios."""
    yield ["question", "reach", "measured ratio, median (lowest to highest)", "reached", "command"]
    for document in found.values():
        for line in document["verdict"]:
            spread = f"{_number(line['median'])} ({_number(line['min'])} to {_number(line['max'])})"
            reached = "yes" if line["reached"] else "**no**"
            yield [line["question"], line["target"], spread, reached, f"`{document['command']}`"]


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


def main() -> None:
    """Replace the marked parts."""
    found = documents()
    parts = {"machine": machine(found), "figures": _table(figures(found)), "verdicts": _table(verdicts(found))}
    parts |= {name: _table(rows(document)) for name, document in found.items()}
    page = DOCS / "RESULTS.md"
    text = page.read_text("utf-8")
    for name, part in parts.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        text = re.sub(pattern, lambda match, part=part: f"{match[1]}{part}\n{match[2]}", text, flags=re.DOTALL)
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
