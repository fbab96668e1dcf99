"""edgegen as a model of EleutherAI's lm-evaluation-harness, so that its own tasks run on our files.

Harnesses that know plugins find it through the entry point ``lm_eval.models``; for those that do not, `edgegen evaluate
harness` imports this module first.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Generation, Scorer, Tokens, loglikelihoods
from finetune.evaluation.target import find

# What lm-evaluation-harness takes where a task does not say.
MAX_TOKENS = 256


@register_model("edgegen")
class EdgegenLM(LM):
    """``--model edgegen --model_args bundle=FOLDER`` or ``pretrained=model.gguf``, or a checkpoint's folder.

    Args:
        bundle: A bundle's folder; ``pretrained`` is another word for a GGUF or a checkpoint.
        adapter: One of the bundle's adapters by name, or ``NAME=FILE``; nothing is the base alone.
        base: The GGUF for a bundle that holds only adapters.
        n_ctx: Longest context, in tokens.
    """

    def __init__(
        self,
        *,
        bundle: str | None = None,
        pretrained: str | None = None,
        adapter: str | None = None,
        base: str | None = None,
        n_ctx: int | None = None,
        threads: int | None = None,
        batch_size: int | str | None = None,  # noqa: ARG002 - the harness gives them to every model
        max_batch_size: int | None = None,  # noqa: ARG002
        device: str | None = None,
    ) -> None:
        super().__init__()
        path = bundle or pretrained
        if path is None:
            raise EvaluationError("name the model: --model_args bundle=FOLDER, or pretrained=model.gguf")
        given = [adapter] if adapter and "=" in str(adapter) else []
        target = find(Path(path), given, base=Path(base) if base else None)
        self.scorer: Scorer = target.open(n_ctx=n_ctx, threads=threads, device=device)
        name = str(adapter).partition("=")[0] if adapter else None
        if name is not None and name not in self.scorer.adapters:
            there = ", ".join(self.scorer.adapters) or "none"
            raise EvaluationError(f"{path}: has no adapter {name!r}; there are: {there}")
        self.scorer.use(name)
        self._identity = f"{target.identity()[:16]}{f'+{name}' if name else ''}"

    @property
    def tokenizer_name(self) -> str:
        """What the harness keys its cache of prompts with."""
        return self._identity

    def chat_template(self, chat_template: bool | str = False) -> str:  # noqa: FBT001, FBT002 - the harness's own
        """Something that is another text for another template; the template itself is applied below."""
        return self.apply_chat_template([{"role": "user", "content": "{}"}]) if chat_template else ""

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:  # noqa: FBT001, FBT002
        """A chat as the model reads it.

        Raises:
            EvaluationError: A task wants the assistant's answer begun, which templates do not offer.
        """
        if not add_generation_prompt:
            raise EvaluationError("this task begins the assistant's answer; leave --apply_chat_template out")
        return self.scorer.render(chat_history)

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Of continuations after their contexts."""
        pairs = [(str(request.args[0]), str(request.args[1])) for request in requests]
        answers = [(score.logprob, score.greedy) for score in loglikelihoods(self.scorer, pairs)]
        for pair, answer in zip(pairs, answers, strict=True):
            self.cache_hook.add_partial("loglikelihood", pair, answer)
        return answers

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Of whole texts: each token once, with as much before it as the context holds."""
        found = []
        for request in requests:
            tokens = self.scorer.encode(str(request.args[0]))
            tokens = tokens[1:] if tokens[:1] == [self.scorer.start] else tokens
            windows = rolling(tokens, self.scorer.start, self.scorer.n_ctx)
            found.append(sum(score.logprob for score in self.scorer.score(windows)))
        return found

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Answers up to a stop string."""
        answers = [""] * len(requests)
        groups: dict[Generation, list[int]] = {}
        for number, request in enumerate(requests):
            groups.setdefault(_generation(request.args[1]), []).append(number)
        for settings, numbers in groups.items():
            prompts = [self.scorer.encode(str(requests[n].args[0])) or [self.scorer.start] for n in numbers]
            for number, answer in zip(numbers, self.scorer.generate(prompts, settings), strict=True):
                answers[number] = answer
                self.cache_hook.add_partial("generate_until", requests[number].args, answer)
        return answers


def rolling(tokens: Tokens, start: int, n_ctx: int) -> list[tuple[list[int], list[int]]]:
    """A text cut into contexts and continuations, so that each token is scored once.

    The first window begins with ``start``; the last is as long as the others, its context reaches back.
    """
    ids = [start, *tokens]
    windows = []
    for first in range(1, len(ids), n_ctx):
        last = min(first + n_ctx, len(ids))
        begin = 0 if first == 1 else max(0, last - n_ctx - 1)
        windows.append((ids[begin:first], ids[first:last]))
    return windows


def _generation(given: dict[str, Any]) -> Generation:
    until: Sequence[str] | str = given.get("until") or ()
    sampled = bool(given.get("do_sample", float(given.get("temperature") or 0) > 0))
    return Generation(
        max_tokens=int(given.get("max_gen_toks") or MAX_TOKENS),
        stop=(until,) if isinstance(until, str) else tuple(until),
        temperature=float(given.get("temperature") or 0) if sampled else 0.0,
        top_p=float(given.get("top_p") or 1.0),
    )
