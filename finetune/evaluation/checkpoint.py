"""A checkpoint of transformers as a scorer, with PEFT adapters beside it; on a GPU where there is one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.evaluation import chat
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Generation, Messages, Score, Tokens, cut, sample
from finetune.tokens import begin_of, begin_with

# Rows of one forward pass times their tokens: 16,384 logits of a vocabulary of 128,000 are 8 GB in float32, so a pass
# computes those of the continuations alone.
PASS_TOKENS = 8192
N_CTX = 4096


class CheckpointScorer:
    """A folder with config.json, safetensors and a tokenizer; the base alone is in use at first.

    Args:
        adapters: Folders of PEFT adapters, by name; their own scale counts, so the other has to be 1.
        dtype: float32 unless given: the reference that a quantised file is compared with.

    Raises:
        EvaluationError: The folder cannot be loaded, or an adapter does not fit.
    """

    def __init__(
        self,
        folder: Path,
        adapters: Mapping[str, tuple[Path, float]] | None = None,
        *,
        n_ctx: int | None = None,
        device: str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - seconds

        self.name = folder.name
        self.truncated = 0
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=dtype)
        except (OSError, ValueError, KeyError) as error:
            raise EvaluationError(f"{folder}: transformers cannot load this checkpoint: {error}") from error
        limit = getattr(model.config, "max_position_embeddings", None) or N_CTX
        self.n_ctx = min(n_ctx or N_CTX, limit)
        self._eog = _ends(self._tokenizer, model)
        self._model = self._with_adapters(model, adapters or {}).to(self.device).eval()
        self.adapters = tuple(adapters or {})
        self._active: str | None = None
        bos, eos = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        self.start: int = bos if bos is not None else eos
        self._bos = begin_of(self._tokenizer)

    def _with_adapters(self, model: Any, adapters: Mapping[str, tuple[Path, float]]) -> Any:
        if not adapters:
            return model
        from peft import PeftModel  # noqa: PLC0415 - seconds

        for name, (folder, scale) in adapters.items():
            if scale != 1.0:
                raise EvaluationError(f"{folder}: a PEFT adapter holds its own scale; leave @{scale:g} out")
            try:
                if isinstance(model, PeftModel):
                    model.load_adapter(str(folder), name)
                else:
                    model = PeftModel.from_pretrained(model, str(folder), adapter_name=name)
            except (OSError, ValueError, RuntimeError, KeyError) as error:
                raise EvaluationError(f"{folder}: does not fit over {self.name}: {error}") from error
        return model

    def use(self, adapter: str | None) -> None:
        """Compute with this adapter from now on; None is the base alone."""
        self._active = adapter
        if adapter is not None:
            self._model.set_adapter(adapter)

    def _run(self, **inputs: Any) -> Any:
        with torch.inference_mode():
            if self._active is None and self.adapters:
                with self._model.disable_adapter():
                    return self._model(**inputs)
            return self._model(**inputs)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, BOS in front where the model wants it."""
        return begin_with(self._bos, self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def render(self, messages: Messages) -> str:
        """A chat by the tokenizer's template, ready for the assistant's answer."""
        template = self._tokenizer.chat_template
        specials = {
            name: getattr(self._tokenizer, f"{name}_token") or ""  # None where the model has none
            for name in ("bos", "eos")
        }
        return chat.render(template, messages, bos=specials["bos"], eos=specials["eos"], where=self.name)

    def logits(self, tokens: Tokens, first: int) -> NDArray[np.float32]:
        """``(len(tokens) - first, vocabulary)``: what follows each position from ``first`` on."""
        if len(tokens) > self.n_ctx:
            raise EvaluationError(f"{self.name}: {len(tokens)} tokens at once, its context has {self.n_ctx}")
        ids = torch.tensor([list(tokens)], device=self.device)
        rows = self._run(input_ids=ids, logits_to_keep=len(tokens) - first).logits[0].float()
        found: NDArray[np.float32] = rows.cpu().numpy()
        return found

    def score(self, requests: Sequence[tuple[Tokens, Tokens]]) -> list[Score]:
        """The score of each continuation after its context."""
        # Continuations of one token after the same context, as the letters of a multiple choice, share a row.
        rows: dict[tuple[int, ...], list[int]] = {}
        for number, (context, continuation) in enumerate(requests):
            room = self.n_ctx - (len(continuation) - 1)
            if room < 1:
                raise EvaluationError(
                    f"{self.name}: a continuation of {len(continuation)} tokens; the context has {self.n_ctx} tokens"
                )
            self.truncated += len(context) > room
            rows.setdefault((*context[-room:], *continuation[:-1]), []).append(number)
        scores: dict[int, Score] = {}
        for batch in _passes(rows):
            keep = max(len(requests[number][1]) for row in batch for number in rows[row])
            logits = self._last_logits(batch, keep)
            for place, row in enumerate(batch):
                for number in rows[row]:
                    scores[number] = _score(logits[place], requests[number][1])
        return [scores[number] for number in range(len(requests))]

    def _last_logits(self, batch: Sequence[tuple[int, ...]], keep: int) -> torch.Tensor:
        """``(rows, keep, vocabulary)``: log-probabilities after the last ``keep`` tokens of each row."""
        width = max(map(len, batch))
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(batch):  # padded on the left, so that the ends stand together
            ids[place, width - len(row) :] = torch.tensor(row)
            mask[place, width - len(row) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        output = self._run(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            position_ids=positions.to(self.device),
            logits_to_keep=min(keep, width),
        )
        return torch.log_softmax(output.logits.float(), dim=-1)

    def generate(self, prompts: Sequence[Tokens], settings: Generation) -> list[str]:
        """An answer to each prompt."""
        room = self.n_ctx - settings.max_tokens
        if room < 1:
            raise EvaluationError(
                f"{self.name}: answers of {settings.max_tokens} tokens do not fit into its context of {self.n_ctx}"
            )
        self.truncated += sum(len(prompt) > room for prompt in prompts)
        order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))
        size = max(1, PASS_TOKENS // (max(map(len, prompts), default=1) + settings.max_tokens))
        answers: dict[int, str] = {}
        for start in range(0, len(order), size):
            wave = order[start : start + size]
            said = self._generate_wave([list(prompts[number])[-room:] for number in wave], wave, settings)
            answers |= dict(zip(wave, said, strict=True))
        return [answers[number] for number in range(len(prompts))]

    def _generate_wave(self, prompts: list[list[int]], numbers: list[int], settings: Generation) -> list[str]:
        width = max(map(len, prompts))
        ids = torch.zeros((len(prompts), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for place, prompt in enumerate(prompts):
            ids[place, width - len(prompt) :] = torch.tensor(prompt)
            mask[place, width - len(prompt) :] = 1
        draws = [settings.random(number) for number in numbers]
        said: list[list[int]] = [[] for _ in prompts]
        done: dict[int, str] = {}
        past, step, positions = None, ids, (mask.cumsum(1) - 1).clamp(min=0)
        for _ in range(settings.max_tokens):
            output = self._run(
                input_ids=step.to(self.device),
                attention_mask=mask.to(self.device),
                position_ids=positions.to(self.device),
                past_key_values=past,
                use_cache=True,
                logits_to_keep=1,
            )
            past, rows = output.past_key_values, output.logits[:, -1].float().cpu().numpy()
            tokens = []
            for place, row in enumerate(rows):
                token = sample(row, settings, draws[place].random() if settings.temperature > 0 else 0.0)
                tokens.append(token)
                if place not in done:
                    if token not in self._eog:
                        said[place].append(token)
                    text, stopped = cut(self._text(said[place]), settings.stop)
                    if stopped or token in self._eog:
                        done[place] = text
            if len(done) == len(prompts):
                break
            step = torch.tensor(tokens)[:, None]
            mask = torch.cat([mask, torch.ones((len(prompts), 1), dtype=torch.long)], dim=1)
            positions = positions[:, -1:] + 1
        return [done[place] if place in done else self._text(said[place]) for place in range(len(prompts))]

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


def _ends(tokenizer: Any, model: Any) -> set[int]:
    """The tokens that end an answer: EOS of the tokenizer and of the model's generation settings."""
    configured = getattr(model.generation_config, "eos_token_id", None)
    found = set(configured) if isinstance(configured, list) else {configured}
    return {token for token in found | {tokenizer.eos_token_id} if token is not None}


def _passes(rows: Mapping[tuple[int, ...], Any]) -> list[list[tuple[int, ...]]]:
    """The rows in passes of at most ``PASS_TOKENS``, those of like length together."""
    passes: list[list[tuple[int, ...]]] = []
    for row in sorted(rows, key=len):
        if not passes or (len(passes[-1]) + 1) * len(row) > PASS_TOKENS:
            passes.append([])
        passes[-1].append(row)
    return passes


def _score(logprobs: torch.Tensor, continuation: Tokens) -> Score:
    """Of a continuation whose last token follows the last of ``logprobs``."""
    rows = logprobs[-len(continuation) :]
    wanted = torch.tensor(list(continuation), device=rows.device)
    picked = rows.gather(1, wanted[:, None]).double().sum()
    return Score(float(picked), bool((rows.argmax(dim=1) == wanted).all()), len(continuation))
