"""What a recipe trains on and is measured on: read, checked, split and tokenised."""

import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Example, Problems, held_out, read_examples
from finetune.recipe import HUB, Recipe
from finetune.rows import parts
from finetune.sample_store import Samples
from finetune.tokens import Sample, tokenise_all

# Replayed samples on which the KL to the base is measured: their mean moves little with more of them.
HELD_OUT_REPLAY = 64


@dataclass(frozen=True)
class Dataset:
    """What a recipe trains on and is measured on.

    Args:
        replay_validation: Held-out replay, on which the KL to the base is measured; empty without it.
        also_trained: Held-out examples that are among those trained on, so that they say nothing of new ones.
    """

    train: Samples
    validation: Samples
    replayed: int
    sha256: dict[str, str]
    replay_validation: Samples = field(default_factory=Samples)
    also_trained: int = 0

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, in alphabetical order."""
        return self.train.tasks


def load_dataset(recipe: Recipe, tokenizer: Any) -> Dataset:
    """All samples of a recipe, checked. Examples are read one by one; only their tokens are kept.

    Raises:
        DataError: Naming every line that is broken, too long, without a task where one is needed, or empty to learn.
    """
    problems = Problems()
    data = recipe.data
    share = 0.0 if data.validation else data.validation_share
    train, validation = Samples(), Samples()
    places: dict[str, str] = {}  # of each task, the first example that is held out
    trained = array("Q")  # what they say, in eight bytes each; asked for only where the held-out file is another
    for example, sample in checked(read_examples(data.train, problems=problems), recipe, tokenizer, problems):
        kept = held_out(example, share)
        (validation if kept else train).append(sample)
        if kept:
            places.setdefault(sample.task, example.where)
        if data.validation:
            trained.append(int(example.digest, 16))
    also_trained = 0
    if data.validation:
        known = np.unique(np.frombuffer(trained, np.uint64))
        examples = read_examples(data.validation, problems=problems)
        for example, sample in checked(examples, recipe, tokenizer, problems):
            validation.append(sample)
            places.setdefault(sample.task, example.where)
            also_trained += shared(known, np.array([int(example.digest, 16)], np.uint64))
    own = len(train)
    replay_kept = Samples()
    if data.replay:
        replay, replay_kept = _replay(data.replay, own, recipe, tokenizer, problems)
        train.extend(replay)
    problems.raise_any()
    if recipe.row.multi_task:
        for task in sorted({*validation.tasks, *replay_kept.tasks} - set(train.tasks)):
            problems.add(
                f'task = "{task}": is held out, and no example of it is trained on. Train on some, or leave it out.',
                places.get(task, str(data.replay)),
            )
    if not train:
        problems.add(f"{data.train}: every example is held out. Lower data.validation_share.")
    problems.raise_any()
    sources = [path for path in (data.train, data.validation, data.replay, data.template) if path]
    hashes = {str(path): source_sha256(path) for path in sources}
    return Dataset(train, validation, len(train) - own, hashes, replay_kept, also_trained)


def _replay(
    source: Path, own: int, recipe: Recipe, tokenizer: Any, problems: Problems
) -> tuple[Iterator[Sample], Samples]:
    """As many as make up the share, each once, chosen by hash, all of them where there are fewer; and those held out.

    The file is read twice, so that no more of it is held than is used.
    """
    kl, share = recipe.data.replay_loss == "kl", recipe.data.replay_share
    kept_share = recipe.data.validation_share if kl and share else 0.0
    used, kept = array("Q"), array("Q")
    for example in read_examples(source, text=True, problems=problems):
        (kept if held_out(example, kept_share) else used).append(int(example.digest, 16))
    wanted = round(own * share / (1 - share))
    chosen, chosen_kept = set(sorted(used)[:wanted]), set(sorted(kept)[:HELD_OUT_REPLAY])
    both = chosen | chosen_kept
    picked = _once(read_examples(source, text=True, problems=Problems()), both)
    samples, places = Samples(), {}
    for example, sample in checked(picked, recipe, tokenizer, problems):
        places[int(example.digest, 16)] = len(samples)
        samples.append(replace(sample, learned=(False,) * len(sample.tokens), kl=True) if kl else sample)
    found = sorted(places)
    kept_ones = Samples(samples[places[n]] for n in found if n in chosen_kept)
    return (samples[places[n]] for n in found if n in chosen), kept_ones


def _once(examples: Iterable[Example], digests: set[int]) -> Iterator[Example]:
    left = set(digests)
    for example in examples:
        digest = int(example.digest, 16)
        if digest in left:
            left.remove(digest)
            yield example


def checked(
    examples: Iterable[Example], recipe: Recipe, tokenizer: Any, problems: Problems
) -> Iterator[tuple[Example, Sample]]:
    """Examples with their samples; those that the recipe cannot use are noted instead."""
    context = context_of(recipe.base.model)
    for example, sample in tokenise_all(examples, tokenizer):
        if isinstance(sample, ValueError):
            problems.add(str(sample), example.where)
            continue
        if recipe.row.multi_task and not example.task:
            problems.add(f'{recipe.method.name} needs a "task" in every example.', example.where)
        if recipe.row.multi_task and (example.task in (".", "..") or set(example.task) & set("/\\\0")):
            problems.add(
                f"task = {example.task!r}: names a folder of the run. Write it without / and \\.", example.where
            )
        if len(sample.tokens) > recipe.data.max_tokens:
            problems.add(
                f"has {len(sample.tokens)} tokens, data.max_tokens is {recipe.data.max_tokens}. Raise it, or shorten "
                "or remove the example.",
                example.where,
                tokens=len(sample.tokens),
            )
        elif context and len(sample.tokens) > context:
            problems.add(
                f"has {len(sample.tokens)} tokens, the base was made for {context} (max_position_embeddings in "
                f"{recipe.base.model / 'config.json'}). Shorten or remove the example.",
                example.where,
                tokens=len(sample.tokens),
            )
        yield example, sample


def shared(ours: NDArray[np.uint64], theirs: NDArray[np.uint64]) -> int:
    """How many digests of ``theirs`` are among ``ours``, which are in order."""
    if not len(ours):
        return 0
    places = np.minimum(np.searchsorted(ours, theirs), len(ours) - 1)
    return int((ours[places] == theirs).sum())


def context_of(base: Path) -> int | None:
    """The longest text in tokens that a checkpoint folder was made for; None where it does not say."""
    try:
        found = json.loads((base / "config.json").read_text(encoding="utf-8")).get("max_position_embeddings")
    except (OSError, ValueError, AttributeError):
        return None  # a name on the hub, or a base that is refused when it is loaded
    return found if isinstance(found, int) else None


def file_sha256(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def base_sha256(folder: Path) -> str:
    """One hash over the configuration, tokenizer and weights of a checkpoint folder."""
    digest = hashlib.sha256()
    names = ("config.json", "tokenizer.json", "*.safetensors")
    for file in sorted(found for name in names for found in folder.glob(name)):
        digest.update(f"{file.name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def source_sha256(source: Path) -> str:
    """Hash of a file; of the hashes of all files of a folder; of what the examples of a hub's data set say."""
    if str(source).startswith(HUB):
        digest = hashlib.sha256()
        for example in read_examples(source, text=True):
            digest.update(example.digest.encode())
        return digest.hexdigest()
    if source.is_dir():
        listed = "".join(f"{path.relative_to(source)} {file_sha256(path)}\n" for path in parts(source))
        return hashlib.sha256(listed.encode()).hexdigest()
    return file_sha256(source)
