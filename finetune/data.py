"""Training data: JSONL in three forms, read lazily, checked line by line, turned into tokens with a loss mask.

Chat is ``{"messages": [{"role", "content"}, ...]}``, Alpaca ``{"instruction", "input", "output"}``, plain
``{"prompt", "completion"}``. A ``task`` field names the task for the multi-task methods. Chat and Alpaca go through the
base's chat template; plain text is used as it stands, with an end-of-text behind it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from finetune.errors import DataError
from finetune.recipe import Recipe

# Lines held at once while a file is read: bounded memory whatever its size.
LINES_AT_ONCE = 10_000
# More mistakes than a person corrects in one go are only counted.
PROBLEMS_SHOWN = 20
# Replayed samples on which the KL to the base is measured: their mean moves little with more of them.
HELD_OUT_REPLAY = 64
ROLES = ("system", "user", "assistant", "tool")
FORMS = 'chat ("messages"), Alpaca ("instruction" and "output") or "prompt" and "completion"'


@dataclass(frozen=True)
class Example:
    """One example, whatever form it came in.

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


@dataclass(frozen=True)
class Sample:
    """An example in tokens.

    Args:
        learned: Whether each token counts in the loss.
        kl: Whether nothing of it is learned, but the model held to its base at every token.
    """

    tokens: tuple[int, ...]
    learned: tuple[bool, ...]
    task: str
    where: str
    kl: bool = False


@dataclass(frozen=True)
class Dataset:
    """What a recipe trains on and is measured on.

    Args:
        replay_validation: Held-out replay, on which the KL to the base is measured; empty without it.
    """

    train: list[Sample]
    validation: list[Sample]
    replayed: int
    sha256: dict[str, str]
    replay_validation: list[Sample] = field(default_factory=list)

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, in alphabetical order."""
        return tuple(sorted({sample.task for sample in self.train}))


def read_examples(path: Path, *, text: bool = False) -> Iterator[Example]:
    """All examples of a file, in order, with at most ``LINES_AT_ONCE`` lines in memory.

    Args:
        text: Whether lines of plain text, ``{"text": "..."}``, are allowed too.

    Raises:
        DataError: At the end, naming every broken line (the first ``PROBLEMS_SHOWN`` of them).
    """
    problems: list[str] = []
    broken = 0
    count = 0
    lines = pl.scan_lines(path, name="text", row_index_name="line", row_index_offset=1)
    filled = lines.filter(pl.col("text").str.strip_chars() != "")
    try:
        for batch in filled.collect_batches(chunk_size=LINES_AT_ONCE, maintain_order=True):
            for line, written in batch.iter_rows():
                count += 1
                try:
                    yield _example(written, f"{path}:{line}", text=text)
                except ValueError as error:
                    broken += 1
                    if len(problems) < PROBLEMS_SHOWN:
                        problems.append(f"{path}:{line}: {error}")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError([f"{path}: cannot be read: {error}. It must be JSON lines in UTF-8."]) from None
    if broken > len(problems):
        problems.append(f"{path}: and {broken - len(problems)} more broken lines.")
    if not count:
        problems.append(f"{path}: holds no example. Write one JSON object a line: {FORMS}.")
    if problems:
        raise DataError(problems)


def _example(written: str, where: str, *, text: bool) -> Example:
    try:
        row = json.loads(written)
    except ValueError as error:
        raise ValueError(f"not valid JSON ({error}), in: {written[:60]}. Write one object on one line.") from None
    if not isinstance(row, dict):
        raise ValueError(f"must be a JSON object with {FORMS}.")  # noqa: TRY004  (a line of data, not a type of ours)
    task = row.get("task", "")
    if not isinstance(task, str):
        raise ValueError(f"task = {task!r}: must be text.")  # noqa: TRY004  (data again)
    if "messages" in row:
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
        raise ValueError(f"has the fields {', '.join(row) or 'none'}; it needs {FORMS}{also}.")
    if not any(content.strip() for role, content in turns if role in ("assistant", "completion", "text")):
        raise ValueError("has no answer to learn: no assistant turn with text.")
    digest = hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()[:16]
    return Example(turns, task, where, digest)


def _chat(messages: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, list) or not messages:
        raise ValueError('messages must be a list of {"role", "content"} objects.')
    turns = []
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise ValueError(f"message {number} needs a role: one of {', '.join(ROLES)}.")
        turns.append((message["role"], _text(message, "content")))
    return tuple(turns)


def _text(row: dict[str, Any], field: str, default: str | None = None) -> str:
    value = row.get(field, default)
    if not isinstance(value, str):
        raise ValueError(f"{field} = {json.dumps(value)[:40]}: must be text.")  # noqa: TRY004  (data again)
    return value


def tokenise(example: Example, tokenizer: Any) -> Sample:
    """The tokens of an example and which of them are learned: the assistant's words and the mark that ends them.

    Raises:
        ValueError: When the template cannot render it, or nothing would be learned.
    """
    if example.is_plain:
        text = "".join(content for _, content in example.turns)
        spans = [(len(text) - len(example.turns[-1][1]), len(text))]
    else:
        text, spans = _render(example, tokenizer)
    encoded = tokenizer(text, add_special_tokens=example.is_plain, return_offsets_mapping=True)
    tokens = list(encoded["input_ids"])
    learned = [
        any(start < end and start >= low and end <= high for low, high in spans)
        for start, end in encoded["offset_mapping"]
    ]
    ends = example.turns[-1][0] == "completion"  # a text may be a piece of a longer one
    if ends and (not tokens or tokens[-1] != tokenizer.eos_token_id):
        tokens.append(tokenizer.eos_token_id)
        learned.append(True)
    if not any(learned[1:]):  # the first token is never predicted
        raise ValueError("nothing would be learned: the template leaves no assistant text. Check data.template.")
    return Sample(tuple(tokens), tuple(learned), example.task, example.where)


def _render(example: Example, tokenizer: Any) -> tuple[str, list[tuple[int, int]]]:
    """The conversation as text, and where in it the assistant's turns are.

    A turn is what rendering one message more adds behind the generation prompt; white space after its end mark is the
    template's and not learned.
    """
    messages = [{"role": role, "content": content} for role, content in example.turns]

    def render(count: int, *, prompt: bool = False) -> str:
        try:
            return str(tokenizer.apply_chat_template(messages[:count], tokenize=False, add_generation_prompt=prompt))
        except Exception as error:  # noqa: BLE001  (a template raises what it likes)
            raise ValueError(f"the chat template refuses it: {error}.") from None

    text = render(len(messages))
    spans = []
    for number, (role, _) in enumerate(example.turns):
        if role != "assistant":
            continue
        before, until = render(number, prompt=True) if number else "", render(number + 1)
        if not until.startswith(before):
            before = render(number) if number else ""
        end = len(until.rstrip())
        if not (text.startswith(until.rstrip()) and until.startswith(before)):
            raise ValueError(f"the chat template changes earlier turns, so turn {number + 1} cannot be found in it.")
        spans.append((len(before), end))
    return text, spans


def held_out(example: Example, share: float) -> bool:
    """Whether an example belongs to the validation split: by its own hash, so equal examples never part."""
    return int(example.digest, 16) / 16**16 < share


def load_dataset(recipe: Recipe, tokenizer: Any) -> Dataset:
    """All samples of a recipe, checked.

    Raises:
        DataError: Naming every line that is broken, too long, without a task where one is needed, or empty to learn.
    """
    problems: list[str] = []
    data = recipe.data
    files = [path for path in (data.train, data.validation, data.replay) if path]
    found: dict[Path, list[Example]] = {}
    for path in files:
        try:
            found[path] = list(read_examples(path, text=path == data.replay))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)

    share = 0.0 if data.validation else data.validation_share
    own = [example for example in found[data.train] if not held_out(example, share)]
    kept = [example for example in found[data.train] if held_out(example, share)]
    validation = found[data.validation] if data.validation else kept
    replay, replay_kept = found[data.replay] if data.replay else [], []
    kl = data.replay_loss == "kl"
    if kl and data.replay_share:
        replay_kept = [example for example in replay if held_out(example, data.validation_share)]
        replay = [example for example in replay if not held_out(example, data.validation_share)]
    replay = _replayed(replay, len(own), data.replay_share)
    train_samples = _tokenise_all(own, recipe, tokenizer, problems)
    train_samples += _as_replay(_tokenise_all(replay, recipe, tokenizer, problems), kl=kl)
    replay_kept = sorted(replay_kept, key=lambda example: example.digest)[:HELD_OUT_REPLAY]
    replay_samples = _as_replay(_tokenise_all(replay_kept, recipe, tokenizer, problems), kl=kl)
    validation_samples = _tokenise_all(validation, recipe, tokenizer, problems)
    if problems:
        more = len(problems) - PROBLEMS_SHOWN
        raise DataError(problems[:PROBLEMS_SHOWN] + ([f"and {more} more problems."] if more > 0 else []))
    if not train_samples:
        raise DataError([f"{data.train}: every example is held out. Lower data.validation_share."])
    sha256 = {str(path): file_sha256(path) for path in files}
    return Dataset(train_samples, validation_samples, len(replay), sha256, replay_samples)


def _as_replay(samples: list[Sample], *, kl: bool) -> list[Sample]:
    """Samples of which nothing is learned, where they are held to the base instead."""
    if not kl:
        return samples
    return [replace(sample, learned=(False,) * len(sample.tokens), kl=True) for sample in samples]


def _replayed(examples: list[Example], own: int, share: float) -> list[Example]:
    """As many as make up the share, each once, chosen by hash; all of them where there are fewer."""
    wanted = round(own * share / (1 - share))
    return sorted(examples, key=lambda example: example.digest)[:wanted]


def _tokenise_all(examples: Sequence[Example], recipe: Recipe, tokenizer: Any, problems: list[str]) -> list[Sample]:
    samples = []
    for example in examples:
        try:
            sample = tokenise(example, tokenizer)
        except ValueError as error:
            problems.append(f"{example.where}: {error}")
            continue
        if recipe.row.multi_task and not example.task:
            problems.append(f'{example.where}: {recipe.method.name} needs a "task" in every example.')
        if len(sample.tokens) > recipe.data.max_tokens:
            problems.append(
                f"{example.where}: has {len(sample.tokens)} tokens, data.max_tokens is {recipe.data.max_tokens}. "
                "Raise it, or shorten or remove the example."
            )
        samples.append(sample)
    return samples


def file_sha256(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(recipe: Recipe, dataset: Dataset) -> dict[str, Any]:
    """Figures about a dataset: sizes, lengths in tokens, duplicates, tasks."""
    lengths = sorted(len(sample.tokens) for sample in dataset.train)
    contents = Counter(sample.tokens for sample in dataset.train)
    train = set(contents)
    learned = sum(sum(sample.learned) for sample in dataset.train)
    return {
        "train_examples": len(dataset.train),
        "validation_examples": len(dataset.validation),
        "replayed_examples": dataset.replayed,
        "train_tokens": sum(lengths),
        "learned_tokens": learned,
        "length_median": lengths[len(lengths) // 2],
        "length_p95": lengths[min(len(lengths) - 1, int(len(lengths) * 0.95))],
        "length_max": lengths[-1],
        "max_tokens": recipe.data.max_tokens,
        "duplicates": sum(count - 1 for count in contents.values()),
        "validation_also_trained": sum(sample.tokens in train for sample in dataset.validation),
        "tasks": dict(sorted(Counter(sample.task for sample in dataset.train).items())),
        "sha256": dataset.sha256,
    }
