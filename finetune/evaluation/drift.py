"""How far a fine-tuning moved a model where it should not have: KL(base || tuned) and the ratio of perplexities.

Both models read the same tokens in the same batches, so that rounding is the same and a model compared with itself
gives 0. General text is read in chunks of 512 tokens of which the second half is scored, as llama-perplexity does; of
a chat the base's own answer is scored. Intervals come from drawing whole chunks or chats again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgegen.part import together
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.intervals import Interval, Sums, percentile, resample
from finetune.evaluation.scorer import Generation, Scorer, Tokens, answers, encode_pair, log_softmax

CHUNK_TOKENS = 512
# Of general text: 24 chunks are 6,144 scored tokens of each kind, 32 s a model for SmolLM2-135M on 2 cores.
CHUNKS = 24
# An ordinary answer of a small model is told by its first sentences, and each token costs two models a pass.
ANSWER_TOKENS = 64
# Rows of probabilities at once: 25 MB each for a vocabulary of 49,152 in float32.
_ROWS = 128
# Rows of the base's logits that are held while the others compute theirs: 200 MB for that vocabulary. Each change of an
# adapter costs llama.cpp a new graph, 20 ms, and what the chats have in common: the fewer the better.
_HELD_ROWS = 1024
# What is summed of a block, see ``_compared``.
_SUMS = 6


@dataclass(frozen=True)
class View:
    """A model as it is looked at: with one adapter, or the base alone."""

    scorer: Scorer
    adapter: str | None = None

    def logits(self, blocks: Sequence["Block"]) -> Iterator[NDArray[np.float32]]:
        """Of each block, see ``Scorer.logits``; the same blocks are always computed in the same batches."""
        self.scorer.use(self.adapter)
        return (self.scorer.logits(block.tokens, block.first) for block in blocks)


@dataclass(frozen=True)
class Block:
    """Tokens that are drawn together; the distributions after those from ``first`` on are compared."""

    tokens: tuple[int, ...]
    first: int


@dataclass(frozen=True)
class Drift:
    """What was measured on one kind of text.

    Args:
        tokens: Positions compared.
        kl: KL(base || tuned), nats a token.
        kl_p99: The 99th percentile over positions.
        agreement: Share of positions where both would say the same.
        ratio: Perplexity of the tuned model over the base's.
    """

    kind: str
    blocks: int
    tokens: int
    kl: float
    kl_interval: Interval
    kl_p99: float
    agreement: float
    perplexity_base: float
    perplexity_tuned: float
    ratio: float
    ratio_interval: Interval

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)


def text_blocks(scorer: Scorer, text: str, chunks: int, *, where: str) -> list[Block]:
    """Evenly spaced chunks of a text.

    Raises:
        EvaluationError: The text is shorter than one chunk.
    """
    tokens = scorer.encode(text)
    lead = [scorer.start] if scorer.encode("x")[:1] == [scorer.start] else []
    tokens = tokens[len(lead) :]
    size = CHUNK_TOKENS - len(lead)
    available = len(tokens) // size
    if not available:
        raise EvaluationError(f"{where}: has {len(tokens)} tokens; at least {size} are needed. Give a longer text.")
    picked = np.linspace(0, available - 1, min(chunks, available)).astype(int)
    return [Block((*lead, *tokens[i * size : (i + 1) * size]), CHUNK_TOKENS // 2) for i in picked.tolist()]


def chat_blocks(scorer: Scorer, prompts: Sequence[str], said: Sequence[str]) -> list[Block]:
    """Chats with the base's own answers; the distribution after each token of an answer is compared, its end too."""
    blocks = []
    for prompt, answer in zip(prompts, said, strict=True):
        context, continuation = encode_pair(scorer, scorer.render([{"role": "user", "content": prompt}]), answer)
        blocks.append(Block((*context, *continuation), len(context) - 1))
    return blocks


def own_answers(
    base: View, prompts: Sequence[str], identity: str, cache: Path, say: Callable[[str], None]
) -> list[str]:
    """The base's greedy answers to chats, from the cache if the same model was asked the same before."""
    scorer = base.scorer
    rendered = [scorer.render([{"role": "user", "content": prompt}]) for prompt in prompts]
    key = hashlib.sha256(json.dumps([identity, base.adapter, ANSWER_TOKENS, rendered]).encode()).hexdigest()
    kept = cache / f"answers-{key[:16]}.json"
    if kept.is_file():
        found: list[str] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    scorer.use(base.adapter)
    said: list[str] = []
    for start in range(0, len(rendered), 100):
        said += answers(scorer, rendered[start : start + 100], Generation(max_tokens=ANSWER_TOKENS))
        say(f"{len(said)} of {len(rendered)} chats answered by the base")
    cache.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    part.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    part.replace(kept)
    return said


@dataclass(frozen=True)
class Compared:
    """What was seen on one kind of text, of which figures are made.

    Args:
        sums: ``(blocks, _SUMS)``, see ``_compared``.
        kl: ``(positions,)`` divergences, nats.
    """

    kind: str
    sums: Sums
    kl: NDArray[np.float32]

    def drift(self) -> Drift:
        """The figures."""
        return _drift(self.kind, self.sums, self.kl)

    def as_json(self) -> dict[str, Any]:
        """For a file; every number comes back as it was."""
        return {"kind": self.kind, "sums": self.sums.tolist(), "kl": self.kl.tolist()}

    @staticmethod
    def of_json(document: Mapping[str, Any]) -> "Compared":
        """From a file.

        Raises:
            ArithmeticError, KeyError, TypeError, ValueError: It is another document, or not whole.
        """
        kind = document["kind"]
        sums, kl = np.array(document["sums"], dtype=np.float64), np.array(document["kl"], dtype=np.float32)
        if not isinstance(kind, str) or sums.ndim != 2 or sums.shape[1] != _SUMS or kl.ndim != 1:
            raise ValueError(f"{kind!r}: no sums of blocks with the divergence at each position")
        again = np.array([kl.sum(dtype=np.float64), len(kl)])
        if not np.isfinite(sums).all() or not np.allclose(again, sums[:, :2].sum(axis=0)):
            raise ValueError(f"{kind}: its divergences do not give its sums")
        return Compared(kind, sums, kl)


def joined(parts: Sequence[Mapping[str, Sequence[Mapping[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """What ``edgegen evaluate drift --out`` would have written of the whole, of what it wrote of each part.

    A part with fewer blocks than there are parts has none of some kind.
    """
    found = {}
    for name in parts[0]:
        kinds: dict[str, list[Compared]] = {}
        for part in parts:
            for one in part[name]:
                kinds.setdefault(one["kind"], []).append(Compared.of_json(one))
        found[name] = [
            Compared(
                kind,
                np.array(together([one.sums.tolist() for one in compared])),
                np.concatenate([one.kl for one in compared]),
            )
            .drift()
            .as_json()
            for kind, compared in kinds.items()
        ]
    return found


def measure(kind: str, base: View, tuned: Sequence[View], blocks: Sequence[Block]) -> list[Compared]:
    """What each tuned view makes of the blocks, compared with the base; the base is computed once.

    Raises:
        EvaluationError: The vocabularies differ, so there is nothing to compare.
    """
    sums = np.zeros((len(tuned), len(blocks), _SUMS))
    divergences: list[list[NDArray[np.float32]]] = [[] for _ in tuned]
    for numbers in _groups(blocks):
        group = [blocks[number] for number in numbers]
        references = list(base.logits(group))
        for which, view in enumerate(tuned):
            for number, reference, logits in zip(numbers, references, view.logits(group), strict=True):
                if logits.shape != reference.shape:
                    raise EvaluationError(
                        f"{view.scorer.name}: has a vocabulary of {logits.shape[1]}, {base.scorer.name} of "
                        f"{reference.shape[1]}: they cannot be compared token by token. Name its own base."
                    )
                block = blocks[number]
                for part, kl in _compared(reference, logits, block.tokens[block.first + 1 :]):
                    sums[which, number] += part
                    divergences[which].append(kl)
    return [Compared(kind, sums[i], np.concatenate(divergences[i])) for i in range(len(tuned))]


def _groups(blocks: Sequence[Block]) -> list[list[int]]:
    """The numbers of the blocks, in groups of at most ``_HELD_ROWS`` rows."""
    groups: list[list[int]] = []
    rows = _HELD_ROWS + 1
    for number, block in enumerate(blocks):
        needed = len(block.tokens) - block.first
        if rows + needed > _HELD_ROWS:
            groups.append([])
            rows = 0
        groups[-1].append(number)
        rows += needed
    return groups


def _compared(
    reference: NDArray[np.float32], logits: NDArray[np.float32], following: Tokens
) -> Iterator[tuple[Sums, NDArray[np.float32]]]:
    """Sums of (KL, positions, NLL of the base, NLL of the tuned, tokens with an NLL, agreements), and each KL."""
    for start in range(0, len(reference), _ROWS):
        p, q = (log_softmax(rows[start : start + _ROWS]) for rows in (reference, logits))
        kl = (np.exp(p) * (p - q)).sum(axis=1)
        targets = np.asarray(following[start : start + _ROWS], dtype=np.int64)
        rows = np.arange(len(targets))
        agree = int((p.argmax(axis=1) == q.argmax(axis=1)).sum())
        nll = [-float(scores[rows, targets].sum(dtype=np.float64)) for scores in (p, q)]
        yield np.array([kl.sum(dtype=np.float64), len(kl), *nll, len(targets), agree]), kl


def _kl(totals: Sums) -> Sums:
    found: Sums = totals[:, 0] / totals[:, 1]
    return found


def _ratio(totals: Sums) -> Sums:
    found: Sums = np.exp((totals[:, 3] - totals[:, 2]) / totals[:, 4])
    return found


def _drift(kind: str, sums: Sums, divergences: NDArray[np.float32]) -> Drift:
    total = sums.sum(axis=0, keepdims=True)
    drawn = resample(sums)
    tokens = max(total[0, 4], 1)
    return Drift(
        kind=kind,
        blocks=len(sums),
        tokens=int(total[0, 1]),
        kl=float(_kl(total)[0]),
        kl_interval=percentile(drawn, _kl),
        kl_p99=float(np.quantile(divergences, 0.99)),
        agreement=float(total[0, 5] / total[0, 1]),
        perplexity_base=float(np.exp(total[0, 2] / tokens)),
        perplexity_tuned=float(np.exp(total[0, 3] / tokens)),
        ratio=float(_ratio(total)[0]) if total[0, 4] else 1.0,
        ratio_interval=percentile(drawn, _ratio),
    )
