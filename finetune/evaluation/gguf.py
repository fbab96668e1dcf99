"""A GGUF as a scorer: llama.cpp in this process, through its low-level interface.

Contexts that begin alike share what was computed: requests are sorted by their tokens, sequence 0 holds the context
that is being scored, and all its continuations are computed in one batch beside it. Answers are generated in one batch
of several sequences, whose common beginning is computed once.
"""

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from finetune.evaluation import chat
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Generation, Messages, Score, Tokens, cut, log_softmax, sample

# Tokens of one llama_decode: the fastest for SmolLM2-135M on 2 cores lies between 128 and 512, and a chunk of 512 fits.
N_BATCH = 512
# Sequences that generate side by side. SmolLM2-135M on 2 cores makes 112 tokens/s alone, 205 to 244 with 16.
PARALLEL = 16
# Enough for every evaluation here; a KV cache of 4,096 tokens of an 8B model takes half a gigabyte.
N_CTX = 4096
_ERROR_LEVEL = 4


class _Log:
    """Keeps llama.cpp's last errors for a message to a person; the rest is dropped.

    llama.cpp keeps only a C pointer to the callback: this object lives as long as the process.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.callback = llama_cpp.llama_log_callback(self._receive)

    def _receive(self, level: int, text: bytes, _: Any) -> None:
        if level == _ERROR_LEVEL:
            self.errors = [*self.errors[-2:], text.decode("utf-8", "replace").strip()]

    def said(self) -> str:
        return "; ".join(self.errors) or "no reason given"


_LOG = _Log()


class GgufScorer:
    """A GGUF with LoRA adapters that can be switched; the base alone is in use at first.

    Args:
        adapters: GGUFs of adapters, by name, each with its scale.
        system_prompt: Put in front of chats that bring none, as the gateway does for a bundle.
        chat_template: In place of the one in the GGUF.
        n_ctx: Longest context, in tokens; no longer than the model was trained for.

    Raises:
        EvaluationError: A file is missing, llama.cpp cannot load it, or memory does not suffice.
    """

    def __init__(
        self,
        path: Path,
        adapters: Mapping[str, tuple[Path, float]] | None = None,
        *,
        system_prompt: str | None = None,
        chat_template: str | None = None,
        n_ctx: int | None = None,
        threads: int | None = None,
    ) -> None:
        llama_cpp.llama_log_set(_LOG.callback, None)
        llama_cpp.llama_backend_init()
        self.name = path.name
        self.truncated = 0
        self._system_prompt = system_prompt
        _need_file(path)
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), llama_cpp.llama_model_default_params())
        if not self._model:
            raise EvaluationError(f"{path}: llama.cpp cannot load this model ({_LOG.said()}). Copy it again.")
        # Before the context: the size of its graph counts their nodes.
        self._adapters = {name: (self._load(file), scale) for name, (file, scale) in (adapters or {}).items()}
        self.adapters = tuple(self._adapters)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self._add_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))
        self._bos = int(llama_cpp.llama_vocab_bos(self._vocab))
        self._eos = int(llama_cpp.llama_vocab_eos(self._vocab))
        self.start = self._bos if self._bos >= 0 else self._eos
        own = llama_cpp.llama_model_chat_template(self._model, None)
        self._template = chat_template or (own.decode() if own else None)
        self.n_ctx = min(n_ctx or N_CTX, int(llama_cpp.llama_model_n_ctx_train(self._model)))
        self._context = self._make_context(threads or len(os.sched_getaffinity(0)))
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(N_BATCH, 0, 1)
        self._held: list[int] = []  # what sequence 0 holds
        self._active: str | None = None

    def close(self) -> None:
        """Give the memory back."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def _load(self, path: Path) -> Any:
        _need_file(path)
        adapter = llama_cpp.llama_adapter_lora_init(self._model, os.fsencode(path))
        if not adapter:
            raise EvaluationError(
                f"{path}: llama.cpp cannot load this adapter over {self.name} ({_LOG.said()}). "
                "It was probably made for another base: export it again."
            )
        return adapter

    def _make_context(self, threads: int) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = self.n_ctx
        parameters.n_batch = parameters.n_ubatch = N_BATCH
        parameters.n_seq_max = PARALLEL + 1
        parameters.kv_unified = True  # a part of a sequence can be shared
        parameters.n_threads = parameters.n_threads_batch = threads
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            raise EvaluationError(f"{self.name}: no context of {self.n_ctx} tokens ({_LOG.said()}). Free some memory.")
        return context

    def use(self, adapter: str | None) -> None:
        """Compute with this adapter from now on; None is the base alone. What was computed before is forgotten."""
        self._forget()
        if adapter == self._active:
            return
        if adapter is None:
            llama_cpp.llama_set_adapters_lora(self._context, None, 0, None)
        else:
            native, scale = self._adapters[adapter]
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(native)
            llama_cpp.llama_set_adapters_lora(self._context, handles, 1, (ctypes.c_float * 1)(scale))
        self._active = adapter

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, BOS in front where the model wants it."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        while True:
            tokens = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, room, False, True)
            if count >= 0:
                break
            room = -count
        ids = list(tokens[:count])
        return [self._bos, *ids] if self._add_bos and self._bos >= 0 and ids[:1] != [self._bos] else ids

    def render(self, messages: Messages) -> str:
        """A chat by the model's template, ready for the assistant's answer."""
        if self._system_prompt is not None and not any(message["role"] == "system" for message in messages):
            messages = [{"role": "system", "content": self._system_prompt}, *messages]
        bos, eos = (self._piece(token, special=True).decode("utf-8", "replace") for token in (self._bos, self._eos))
        return chat.render(self._template, messages, bos=bos, eos=eos, where=self.name)

    def logits(self, tokens: Tokens, first: int) -> NDArray[np.float32]:
        """``(len(tokens) - first, vocabulary)``: what follows each position from ``first`` on."""
        if len(tokens) > self.n_ctx:
            raise EvaluationError(f"{self.name}: {len(tokens)} tokens at once, its context has {self.n_ctx}")
        shared = self._keep(tokens[:first])
        self._held = list(tokens)
        entries = [(token, place, 0, place >= first) for place, token in enumerate(tokens)][shared:]
        found = [self._decode(entries[i : i + N_BATCH]) for i in range(0, len(entries), N_BATCH)]
        return np.concatenate(found)

    def score(self, requests: Sequence[tuple[Tokens, Tokens]]) -> list[Score]:
        """The score of each continuation after its context."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for number, request in enumerate(requests):
            groups.setdefault(self._fitting(*request), []).append(number)
        scores: dict[int, Score] = {}
        for context in sorted(groups):
            row = log_softmax(self._last_row(context)[None])[0]
            wave: list[int] = []
            cells = 0
            for number in groups[context]:
                needed = len(requests[number][1]) - 1
                if wave and (len(wave) == PARALLEL or cells + needed > self.n_ctx - len(context)):
                    scores |= self._score_wave(row, len(context), {n: requests[n][1] for n in wave})
                    wave, cells = [], 0
                wave.append(number)
                cells += needed
            scores |= self._score_wave(row, len(context), {n: requests[n][1] for n in wave})
        return [scores[number] for number in range(len(requests))]

    def _score_wave(self, row: NDArray[np.float32], length: int, wave: Mapping[int, Tokens]) -> dict[int, Score]:
        """Scores of continuations of the context in sequence 0, whose last row of log-probabilities is ``row``."""
        entries, owners = [], []
        for sequence, (number, tokens) in enumerate(wave.items(), 1):
            if len(tokens) > 1:
                llama_cpp.llama_memory_seq_cp(self._memory, 0, sequence, 0, length)
            for place, token in enumerate(tokens[:-1]):
                entries.append((token, length + place, sequence, True))
                owners.append((number, tokens[place + 1]))
        sums = {number: float(row[tokens[0]]) for number, tokens in wave.items()}
        greedy = {number: int(row.argmax()) == tokens[0] for number, tokens in wave.items()}
        for start in range(0, len(entries), N_BATCH):
            rows = log_softmax(self._decode(entries[start : start + N_BATCH]))
            for scores, (number, token) in zip(rows, owners[start : start + N_BATCH], strict=True):
                sums[number] += float(scores[token])
                greedy[number] = greedy[number] and int(scores.argmax()) == token
        for sequence in range(1, len(wave) + 1):
            llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        return {number: Score(sums[number], greedy[number], len(tokens)) for number, tokens in wave.items()}

    def _fitting(self, context: Tokens, continuation: Tokens) -> tuple[int, ...]:
        """The context, its beginning cut off where the whole would be longer than the model's context."""
        room = self.n_ctx - (len(continuation) - 1)
        if room < 1:
            raise EvaluationError(
                f"{self.name}: a continuation of {len(continuation)} tokens; the context has {self.n_ctx} tokens. "
                "Leave this example out, or use a model with a longer context."
            )
        self.truncated += len(context) > room
        return tuple(context[-room:])

    def _last_row(self, context: tuple[int, ...]) -> NDArray[np.float32]:
        """The logits after a context, which is then in sequence 0."""
        shared = self._keep(context[:-1])
        self._held = list(context)
        entries = [(token, place, 0, place == len(context) - 1) for place, token in enumerate(context)][shared:]
        for start in range(0, len(entries), N_BATCH):
            rows = self._decode(entries[start : start + N_BATCH])
        last: NDArray[np.float32] = rows[0]
        return last

    def _keep(self, tokens: Tokens) -> int:
        """Cut sequence 0 back to what ``tokens`` begins with, too; how many tokens that is."""
        shared = 0
        for old, new in zip(self._held, tokens, strict=False):
            if old != new:
                break
            shared += 1
        # A recurrent state cannot be cut back: then it is computed anew.
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, shared, -1):
            self._forget()
            return 0
        return shared

    def generate(self, prompts: Sequence[Tokens], settings: Generation) -> list[str]:
        """An answer to each prompt; several are made side by side."""
        room = self.n_ctx - settings.max_tokens
        if room < 1:
            raise EvaluationError(
                f"{self.name}: answers of {settings.max_tokens} tokens do not fit into its context of {self.n_ctx}"
            )
        self.truncated += sum(len(prompt) > room for prompt in prompts)
        cut_prompts = [list(prompt)[-room:] for prompt in prompts]
        shared = _common_prefix(cut_prompts) if len(prompts) > 1 else 0
        if shared:
            self._last_row(tuple(cut_prompts[0][:shared]))
        else:
            self._forget()
        return _Batch(self, cut_prompts, shared, settings).run()

    def _forget(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self._held = []

    def _decode(self, entries: Sequence[tuple[int, int, int, bool]]) -> NDArray[np.float32]:
        """Compute (token, position, sequence, output) entries; a row of logits for each output, in order."""
        batch = self._batch
        batch.n_tokens = len(entries)
        for i, (token, position, sequence, output) in enumerate(entries):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position, 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = output
        status = llama_cpp.llama_decode(self._context, batch)
        if status != 0:
            raise EvaluationError(f"{self.name}: llama_decode returned {status} ({_LOG.said()})")
        rows = sum(entry[3] for entry in entries)
        if not rows:
            return np.empty((0, self._n_vocab), np.float32)
        pointer = ctypes.cast(llama_cpp.llama_get_logits(self._context), ctypes.POINTER(ctypes.c_float))
        found: NDArray[np.float32] = np.ctypeslib.as_array(pointer, shape=(rows, self._n_vocab)).copy()
        return found

    def _piece(self, token: int, *, special: bool) -> bytes:
        if token < 0:
            return b""
        size = 256
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            size = -count


class _Answer:
    """One answer in the making: ``pending`` are tokens of its prompt that are still to be computed."""

    def __init__(self, number: int, sequence: int, prompt: list[int], shared: int, random: np.random.Generator) -> None:
        self.number, self.sequence = number, sequence
        self.pending, self.position = prompt[shared:], shared
        self.said = b""
        self.made = 0
        self.random = random


class _Batch:
    """Answers that are made side by side: each step computes one token of each, and pieces of waiting prompts."""

    def __init__(self, owner: GgufScorer, prompts: list[list[int]], shared: int, settings: Generation) -> None:
        self._owner, self._prompts, self._shared, self._settings = owner, prompts, shared, settings
        self._waiting = list(range(len(prompts)))[::-1]
        self._running: list[_Answer] = []
        self._answers: dict[int, str] = {}

    def run(self) -> list[str]:
        while self._waiting or self._running:
            self._admit()
            self._step()
        self._owner._forget()  # noqa: SLF001 - one class in two parts
        return [self._answers[number] for number in range(len(self._prompts))]

    def _cells(self, number: int) -> int:
        return len(self._prompts[number]) - self._shared + self._settings.max_tokens

    def _admit(self) -> None:
        used = self._shared + sum(self._cells(answer.number) for answer in self._running)
        free = sorted(set(range(1, PARALLEL + 1)) - {answer.sequence for answer in self._running}, reverse=True)
        while self._waiting and free:
            used += self._cells(self._waiting[-1])
            if used > self._owner.n_ctx:
                return
            number, sequence = self._waiting.pop(), free.pop()
            if self._shared:
                llama_cpp.llama_memory_seq_cp(self._owner._memory, 0, sequence, 0, self._shared)  # noqa: SLF001
            random = self._settings.random(number)
            self._running.append(_Answer(number, sequence, self._prompts[number], self._shared, random))

    def _step(self) -> None:
        entries: list[tuple[int, int, int, bool]] = []
        outputs = []
        # Those that generate have one token each and come first; what is left of the batch is for prompts.
        for answer in sorted(self._running, key=lambda answer: len(answer.pending)):
            take = answer.pending[: N_BATCH - len(entries)]
            if not take:
                break
            last = len(take) == len(answer.pending)
            entries += [
                (token, answer.position + i, answer.sequence, last and i == len(take) - 1)
                for i, token in enumerate(take)
            ]
            answer.position += len(take)
            answer.pending = answer.pending[len(take) :]
            if last:
                outputs.append(answer)
        rows = self._owner._decode(entries)  # noqa: SLF001
        for answer, row in zip(outputs, rows, strict=True):
            self._advance(answer, row)

    def _advance(self, answer: _Answer, row: NDArray[np.float32]) -> None:
        owner, settings = self._owner, self._settings
        token = sample(row, settings, answer.random.random() if settings.temperature > 0 else 0.0)
        ended = bool(llama_cpp.llama_vocab_is_eog(owner._vocab, token))  # noqa: SLF001
        if not ended:
            answer.said += owner._piece(token, special=False)  # noqa: SLF001
            answer.made += 1
        text, stopped = cut(answer.said.decode("utf-8", "replace"), settings.stop)
        if ended or stopped or answer.made == settings.max_tokens:
            self._answers[answer.number] = text
            self._running.remove(answer)
            llama_cpp.llama_memory_seq_rm(owner._memory, answer.sequence, -1, -1)  # noqa: SLF001
        else:
            answer.pending = [token]


def _need_file(path: Path) -> None:
    if path.is_dir():
        raise EvaluationError(f"{path}: is a folder; over a GGUF an adapter is a GGUF, too. Name its file.")
    if not path.is_file():
        raise EvaluationError(f"{path}: no such file")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise EvaluationError(f"{path}: begins with {magic!r}, not with b'GGUF': this is no GGUF")


def _common_prefix(prompts: Sequence[list[int]]) -> int:
    """How many tokens all prompts begin with; each keeps at least one of its own."""
    low, high = min(prompts), max(prompts)
    length = 0
    for left, right in zip(low, high, strict=False):
        if left != right:
            break
        length += 1
    return min(length, min(map(len, prompts)) - 1)
