"""Whether training data hold questions that the model is later judged by.

The planes do not import one another, so the probe suites are read as the plain TOML that they are: ``prompts`` are
templates, ``values`` the rows that fill them. What a generator fills in is known by its template alone; one that asks
whole questions is drawn from (``edgegen.tasks``). A file of JSON
lines with a ``prompt`` in each holds questions word for word.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgegen.errors import ConfigError
from edgegen.tasks.generators import generator_problems, rows
from finetune.examples import Example

# A template of fewer words than this, such as "{question}", would match anything.
FEWEST_WORDS = 3
# Examples that are named; more are only counted.
NAMED = 10
_FIELD = re.compile(r"(?<!\{)\{([a-z_][a-z0-9_]*)\}(?!\})")


class Questions:
    """Questions and wordings, and the examples that were found to equal them."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self.wordings: dict[str, re.Pattern[str]] = {}
        self.open_templates = 0
        self.equal: list[str] = []
        self.alike: list[str] = []
        self.equal_count = self.alike_count = 0

    def add_template(self, template: str, rows: list[dict[str, Any]]) -> None:
        """A prompt of a suite with the rows that it is filled with."""
        if not _FIELD.search(template):
            self.texts.add(normal(template))
            return
        for row in rows:
            if set(_FIELD.findall(template)) <= row.keys():
                filled = _FIELD.sub(lambda match, row=row: str(row[match[1]]), template)  # type: ignore[misc]
                self.texts.add(normal(filled))
        fixed = _FIELD.split(template)[::2]
        if sum(len(part.split()) for part in fixed) < FEWEST_WORDS:
            self.open_templates += 1
            return
        pattern = r"(.{1,80}?)".join(re.escape(part) for part in _FIELD.sub("\0", normal(template)).split("\0"))
        self.wordings[template] = re.compile(pattern)

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """The same examples; those that ask a probe's question are counted, the first few named."""
        for example in examples:
            asked = [normal(text) for role, text in example.turns if role in ("user", "prompt", "text")]
            if any(text in self.texts for text in asked):
                self.equal_count += 1
                self.equal += [example.where] if len(self.equal) < NAMED else []
            elif any(pattern.fullmatch(text) for text in asked for pattern in self.wordings.values()):
                self.alike_count += 1
                self.alike += [example.where] if len(self.alike) < NAMED else []
            yield example

    def as_json(self) -> dict[str, Any]:
        """What was compared and found."""
        return {
            "questions": len(self.texts),
            "wordings": len(self.wordings),
            "templates_that_match_anything": self.open_templates,
            "examples_equal_to_a_question": self.equal_count,
            "examples_worded_like_one": self.alike_count,
            "equal": self.equal,
            "alike": self.alike,
        }


def normal(text: str) -> str:
    """A text without the differences that do not make another question: case, white space, the mark at its end."""
    return " ".join(text.casefold().split()).rstrip(" .?!:")


def read_questions(folder: Path) -> Questions:
    """The questions of all suites (``*.toml``) and lists (``*.jsonl``) in a folder or an installed bundle's ``probes``.

    Raises:
        ConfigError: When there are none, or one cannot be read.
    """
    folder = folder / "probes" if (folder / "probes").is_dir() else folder
    files = sorted(path for path in folder.glob("*") if path.suffix in (".toml", ".jsonl"))
    if not files:
        raise ConfigError([f"{folder}: holds no probe suite (*.toml) and no list of questions (*.jsonl)."])
    found = Questions()
    for path in files:
        try:
            if path.suffix == ".toml":
                _read_suite(path, found)
            else:
                lines = path.read_text("utf-8").split("\n")  # text may hold the other ends of lines that Python knows
                found.texts |= {normal(json.loads(line)["prompt"]) for line in lines if line.strip()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}"  # its repr may hold the whole file
            raise ConfigError([f"{path}: is no probe suite or list of questions: {said}."]) from None
    return found


def _read_suite(path: Path, found: Questions) -> None:
    for probe in tomllib.loads(path.read_text("utf-8-sig")).get("probe", []):
        for template in probe.get("prompts", []):
            found.add_template(template, probe.get("values", []))
        if "prompts" not in probe and not generator_problems(probe.get("generator", {})):
            found.texts |= {normal(row["prompt"]) for row in rows(probe["generator"])}
