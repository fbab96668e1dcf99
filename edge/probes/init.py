"""A suite from a model maker's own data: the examples that no training saw become questions with checks.

Which examples are sealed is decided by the hash of the question alone (``edgegen.split``). A training holds out others
of its own, by which it is tuned, so it must not be given the sealed ones: ``rest`` is what is left for it.
"""

import json
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

from edge.probes.numerals import last_number
from edge.probes.score import wilson
from edgegen.errors import ConfigError
from edgegen.protocol import is_name
from edgegen.split import SEALED, split_of

# Of a score measured on the sealed examples, the lower end of a one-sided 99% interval becomes the threshold. A model
# whose true share is that low would have scored so only once in a hundred; the same model, on fresh examples as many as
# these, falls below it in 3 to 6 of a hundred draws (two draws vary, not one), and on these ones never.
Z_99_ONE_SIDED = 2.3263478740408408

CHECKS = ("auto", "exact", "number", "json", "contains")
_SHOWN_PROBLEMS = 20
# A document in an answer that is nested deeper is compared as text: readers of TOML stop at some hundred levels.
_DEEPEST = 64
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class _Line(NamedTuple):
    """One example of a file, as it stands there and as it is read."""

    text: str
    question: str
    answer: str
    task: str

    @property
    def sealed(self) -> bool:
        return split_of("example", self.question) == SEALED


def examples(path: Path, *, only_sealed: bool = True) -> list[tuple[str, str, str]]:
    """Question, right answer and task of each example of a JSON-lines file, as ``edgegen finetune`` reads it.

    Raises:
        ConfigError: Naming the lines that are no example of one question and its answer.
    """
    lines = _lines(path)
    found: dict[str, tuple[str, str, str]] = {}
    for line in lines:
        if line.sealed or not only_sealed:
            found.setdefault(line.question, line[1:])
    if not found:
        remedy = "Give more data, or --all when none of it was trained on"
        raise ConfigError([f"{path}: none of its {len(lines)} lines is sealed. {remedy}."])
    return list(found.values())


def rest(path: Path) -> str:
    """The lines of the examples that are not sealed, as they are: what a training may see.

    Raises:
        ConfigError: As for ``examples``.
    """
    return "".join(f"{line.text}\n" for line in _lines(path) if not line.sealed)


def _lines(path: Path) -> list[_Line]:
    found: list[_Line] = []
    problems: list[str] = []
    try:
        # Windows editors put a byte order mark in front. Only a newline ends a line of JSON, not all that splitlines()
        # knows: U+2028 may stand in a string.
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as text in UTF-8: {error}. Save it as UTF-8."]) from None
    lines = lines[:-1] if lines[-1] == "" else lines
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_Line(line.rstrip("\r"), *_example(_object(line))))
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        more = [f"{path}: and {len(problems) - _SHOWN_PROBLEMS} more."] if len(problems) > _SHOWN_PROBLEMS else []
        raise ConfigError(problems[:_SHOWN_PROBLEMS] + more)
    if not found:
        raise ConfigError([f"{path}: holds no example. Name a file of JSON lines."])
    return found


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deep for a reader of JSON. Take the line out, or write it flatter.") from None
    if not isinstance(row, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004 - a line of data, not a type of ours
    return row


def _example(row: dict[str, Any]) -> tuple[str, str, str]:
    if "messages" in row:
        turns = row["messages"]
        roles = (
            [turn.get("role") if isinstance(turn, dict) else None for turn in turns] if isinstance(turns, list) else []
        )
        if roles != ["user", "assistant"]:
            raise ValueError(
                f"its turns are {', '.join(map(str, roles)) or 'none'}; a probe needs one question and answer"
            )
        question, answer = turns[0].get("content"), turns[1].get("content")
    elif "instruction" in row:
        parts = [row.get("instruction"), row.get("input", "")]
        question = "\n\n".join(str(part) for part in parts if part)
        answer = row.get("output")
    else:
        question, answer = row.get("prompt"), row.get("completion")
    if not (isinstance(question, str) and question.strip() and isinstance(answer, str) and answer.strip()):
        raise ValueError(
            'needs "messages", "instruction" and "output", or "prompt" and "completion", with text in both'
        )
    for text in (question, answer):
        if not _is_unicode(text):
            raise ValueError("holds half of a surrogate pair (\\ud800 to \\udfff alone), which no file can hold")
    task = row.get("task", "")
    return question, answer.strip(), task if isinstance(task, str) else ""


def check_for(answer: str, kind: str) -> dict[str, Any]:
    """The check that an answer gets.

    ``auto``: an answer that is a JSON object or array must come back equal, one that ends with a number must end with
    it, anything else must come back word for word.

    Raises:
        ValueError: If the answer has nothing that this kind could compare.
    """
    document = _document(answer)
    number = last_number(answer, "either")
    if kind == "json" or (kind == "auto" and document is not None):
        if document is None:
            raise ValueError(
                f"is no JSON object or array that TOML can hold (no null, no NaN, at most {_DEEPEST} levels), which "
                "--check json needs"
            )
        return {"kind": "json", "expect": document, "extract": "first"}
    ends_with_number = answer.rstrip(" .!)%")[-1:].isdigit()
    if kind == "number" or (kind == "auto" and number is not None and ends_with_number):
        if number is None:
            raise ValueError("holds no number, which --check number needs")
        return {"kind": "number", "expect": f"{number:f}", "decimal": "either"}
    if kind == "contains":
        return {"kind": "contains", "texts": [answer]}
    return {"kind": "exact", "expect": answer}


def _document(answer: str) -> Any:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) and _fits_toml(found, _DEEPEST) else None


def _fits_toml(value: Any, levels: int) -> bool:
    """TOML has no null, and neither NaN nor infinity as JSON writes them."""
    if isinstance(value, dict | list):
        texts, items = (value.keys(), value.values()) if isinstance(value, dict) else ((), value)
        return levels > 0 and all(map(_is_unicode, texts)) and all(_fits_toml(item, levels - 1) for item in items)
    if isinstance(value, float):
        return math.isfinite(value)
    return _is_unicode(value) if isinstance(value, str) else value is not None


def _is_unicode(text: str) -> bool:
    """JSON's escapes can write half of a surrogate pair, which is no character."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def suite_text(
    name: str,
    found: list[tuple[str, str, str]],
    *,
    source: str,
    check: str,
    adapter: str | None,
    threshold: float | None,
) -> str:
    """A suite's TOML with one probe for each example.

    Raises:
        ConfigError: Naming the examples that the check does not fit.
    """
    if not is_name(name):
        raise ConfigError([f"{name}: the file's name is the suite's: letters, digits, - and _ only."])
    lines = [
        f"# Made by `edgegen probe init` from {len(found)} sealed examples of {source}. No training may see them.",
        "",
        f"name = {_toml(name)}",
        f"summary = {_toml(f'{len(found)} sealed examples of {source}.')}",
    ]
    lines += [f"adapter = {_toml(adapter)}"] if adapter else []
    lines += [f"threshold = {threshold!r}"] if threshold is not None else []
    lines += ["", "[sampling]", "temperature = 0", ""]
    problems = []
    for number, (question, answer, task) in enumerate(found, 1):
        try:
            made = check_for(answer, check)
        except ValueError as error:
            problems.append(f"{source}: the answer {answer[:60]!r} {error}.")
            continue
        lines += ["[[probe]]", f"id = {_toml(f'e{number}')}", f"category = {_toml(task if is_name(task) else 'own')}"]
        lines += [f"prompts = [{_toml(_literal(question))}]", f"check = {_toml(_literal(made))}", ""]
    if problems:
        raise ConfigError(problems[:_SHOWN_PROBLEMS])
    return "\n".join(lines)


def threshold_of(passed: int, total: int) -> float:
    """What a model that scored so may be asked for, rounded down to four digits; 0 where that is nothing."""
    return math.floor(wilson(passed / total, total, Z_99_ONE_SIDED).low * 10_000) / 10_000


def _literal(value: Any) -> Any:
    """Braces around a word are no placeholders here."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return _PLACEHOLDER.sub(r"{{\1}}", value) if isinstance(value, str) else value


def _toml(value: Any) -> str:
    """A value as TOML; strings as JSON writes them, which TOML reads as its basic strings."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_suite(path: Path, text: str, *, force: bool) -> None:
    """Write a suite's file.

    Raises:
        ConfigError: If it is no .toml, is there already and ``force`` is not given, or cannot be written.
    """
    if path.suffix != ".toml":  # a bundle's probes are found by it
        raise ConfigError([f"{path}: a suite's file is NAME.toml. Give another --out."])
    _write("--out", path, text, force=force)


def write_rest(data: Path, path: Path, *, force: bool) -> int:
    """Write what a training may see of ``data``; how many examples that is.

    Raises:
        ConfigError: As for ``write_suite``.
    """
    text = rest(data)
    _write("--rest", path, text, force=force)
    return text.count("\n")


def _write(option: str, path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError([f"{path}: exists already. Use --force to replace it, or give another {option}."]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}. Choose another {option}."]) from None
