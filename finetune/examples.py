"""One example, whatever form it came in, and what is wrong with a line that holds none.

Chat is ``{"messages": [{"role", "content"}, ...]}``, Alpaca ``{"instruction", "input", "output"}``, plain
``{"prompt", "completion"}``, and in replay ``{"text"}``. A ``task`` field names the task for the multi-task methods.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.errors import DataError
from finetune.rows import Row, read_rows, visible

# More mistakes than a person corrects in one go are only counted.
PROBLEMS_SHOWN = 20
# One mistake in every line is one mistake.
SAME_SHOWN = 3
TOO_LONG = "too long"
ROLES = ("system", "user", "assistant", "tool")
ANSWERS = ("assistant", "completion", "text")
FORMS = 'chat ("messages"), Alpaca ("instruction" and "output") or "prompt" and "completion"'


@dataclass(frozen=True, slots=True)
class Example:
    """One example.

    Args:
        turns: Pairs of role and text; where no template is used one ``prompt`` and one ``completion``, or one ``text``.
        where: ``FILE:LINE``.
        digest: Hash of what it says, first 16 hexadecimal digits.
    """

    turns: tuple[tuple[str, str], ...]
    task: str
    where: str
    digest: str

    @property
    def is_plain(self) -> bool:
        """Whether it bypasses the chat template."""
        return self.turns[0][0] in ("prompt", "text")


class Problems:
    """What is wrong with data: the first ``PROBLEMS_SHOWN`` in words, the same one at most ``SAME_SHOWN`` times."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.count = 0
        self.alike: dict[str, int] = {}  # those in words, and how often each was met
        self.longest = 0

    def add(self, problem: str, where: str = "", *, tokens: int = 0) -> None:
        """Note one more, and its place.

        Args:
            tokens: Of an example that is too long; these count as the same problem, whatever their length.
        """
        self.count += 1
        self.longest = max(self.longest, tokens)
        kind = TOO_LONG if tokens else problem
        if kind in self.alike:
            self.alike[kind] += 1
            if self.alike[kind] > SAME_SHOWN:
                return
        if len(self.shown) < PROBLEMS_SHOWN:
            self.alike.setdefault(kind, 1)
            self.shown.append(f"{where}: {problem}" if where else problem)

    def lines(self) -> list[str]:
        """Those shown, and how many more there are."""
        again = {problem: met - SAME_SHOWN for problem, met in self.alike.items() if met > SAME_SHOWN}
        more = self.count - len(self.shown) - sum(again.values())
        return [
            *self.shown,
            *(f"and {count:,} more lines: {self._worst(problem)}" for problem, count in again.items()),
            *([f"and {more:,} more broken lines."] if more else []),
        ]

    def _worst(self, problem: str) -> str:
        return f"{problem}, {self.longest:,} tokens the longest." if problem == TOO_LONG else problem

    def raise_any(self) -> None:
        """Raise DataError when there are any."""
        if self.count:
            raise DataError(self.lines())


def read_examples(source: Path, *, text: bool = False, problems: Problems | None = None) -> Iterator[Example]:
    """All examples of a source (``finetune.rows``), in order, one at a time.

    Args:
        text: Whether lines of plain text, ``{"text": "..."}``, are allowed too.
        problems: Takes what is wrong, instead of the error at the end.

    Raises:
        DataError: At the end, naming every broken line (the first ``PROBLEMS_SHOWN`` of them).
    """
    mine = Problems() if problems is None else problems
    count = 0
    for where, row in read_rows(source):
        count += 1
        try:
            if isinstance(row, ValueError):
                raise row
            yield parse(row, where, text=text)
        except ValueError as error:
            mine.add(str(error), where)
    if not count:
        mine.add(f"{source}: holds no example. Write one JSON object a line: {FORMS}.")
    if problems is None:
        mine.raise_any()


def parse(row: Row, where: str, *, text: bool = False) -> Example:
    """An example from the fields of a row.

    Raises:
        ValueError: Saying what it lacks.
    """
    task = row.get("task") or ""
    if not isinstance(task, str):
        raise ValueError(f"task = {task!r}: must be text.")  # noqa: TRY004  (a line of data, not a type of ours)
    if row.get("messages") is not None:
        turns = _chat(row["messages"])
    elif "instruction" in row and "output" in row:
        asked = "\n\n".join(part for part in (_text(row, "instruction"), _text(row, "input", "")) if part)
        turns = (("user", asked), ("assistant", _text(row, "output")))
    elif "prompt" in row and "completion" in row:
        turns = (("prompt", _text(row, "prompt")), ("completion", _text(row, "completion")))
    elif text and "text" in row:
        turns = (("text", _text(row, "text")),)
    else:
        also = ' or "text"' if text else ""
        names = visible(", ".join(row))
        fields = f"{names[:200]} ..." if len(names) > 200 else names or "none"
        raise ValueError(f"has the fields {fields}; it needs {FORMS}{also}.")
    if not any(content.strip() for role, content in turns if role in ANSWERS):
        raise ValueError("has no answer to learn: no assistant turn with text.")
    try:
        task.encode()
        digest = digest_of(turns)
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])[1:-1]
        raise ValueError(f"holds half of a character, {half}. Write it whole, or leave it out.") from None
    return Example(turns, task, where, digest)


def digest_of(turns: tuple[tuple[str, str], ...]) -> str:
    """Hash of what an example says."""
    return hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()[:16]


def held_out(example: Example, share: float) -> bool:
    """Whether an example belongs to the validation split: by its own hash, so equal examples never part."""
    return int(example.digest, 16) / 16**16 < share


def _chat(messages: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, list) or not messages:
        raise ValueError('messages must be a list of {"role", "content"} objects.')
    turns = []
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise ValueError(f"message {number} needs a role: one of {', '.join(ROLES)}.")
        try:
            turns.append((message["role"], _text(message, "content")))
        except ValueError as error:
            raise ValueError(f"message {number}: {error}") from None
    return tuple(turns)


def _text(row: Row, field: str, default: str | None = None) -> str:
    value = row.get(field, default)
    if value is None and default is not None:
        return default  # an empty cell of a table
    if not isinstance(value, str):
        raise ValueError(f"{field} = {json.dumps(value)[:40]}: must be text.")  # noqa: TRY004  (data again)
    return value
