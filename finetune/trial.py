"""A finished run to talk to: the base and its adapter, side by side."""

import json
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import zip_longest
from pathlib import Path

from safetensors import SafetensorError

from finetune import checkpoint
from finetune.backends import peft_backend as backend
from finetune.errors import TrainingError
from finetune.generation import Answer, Sampling, chat_tokens, generate
from finetune.methods.base import switched_off
from finetune.recipe import load_recipe

GAP = " | "


class Trial:
    """The model of a run, with its adapter to be switched on and off. Each side has a conversation of its own.

    Args:
        folder: A finished run.
        task: Which adapter, where the run made one for each task.

    Raises:
        TrainingError: When the run is not finished, or has no such task.
    """

    def __init__(self, folder: Path, task: str | None = None) -> None:
        try:
            facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            adapters = facts["fold"]["adapters"].copy() if "fold" in facts else {}
        except OSError:
            raise TrainingError(f"{folder}: is no run. Give the folder that `edgegen finetune run` filled.") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(f"{folder / 'run.json'}: cannot be read: {error}. Copy the run again.") from None
        if "fold" not in facts:
            raise TrainingError(f"{folder}: is not finished. Go on with it: edgegen finetune resume {folder}")
        recipe = load_recipe(folder / "recipe.toml")
        self.tokenizer = backend.load_tokenizer(recipe)
        self.method = None
        if adapters and not recipe.row.changes_base:
            tasks = [name for name in adapters if name]
            if (task or "") not in adapters:
                raise TrainingError(_wrong_task(folder, task, tasks))
            self.model = backend.with_adapter(backend.load_model(recipe), folder / adapters[task or ""]["folder"])
        else:  # its update is no plain adapter, or right only on the base that the training made
            model, self.method, _ = backend.attach(recipe, backend.load_model(recipe), (), facts["steps"])
            try:
                checkpoint.load_adapter(model, folder / "trained.safetensors")
            except (OSError, SafetensorError) as error:
                raise TrainingError(
                    f"{folder / 'trained.safetensors'}: cannot be read: {error}. Copy the run again."
                ) from None
            self.method.settle(model)
            self.model = model
        self.model.eval()
        self.histories: tuple[list[dict[str, str]], list[dict[str, str]]] = ([], [])

    def _as_base(self) -> AbstractContextManager[None]:
        return self.method.as_base(self.model) if self.method else switched_off(self.model)

    def ask(self, prompt: str, sampling: Sampling) -> tuple[str, str]:
        """What the base and what the adapter answer, each to its own conversation so far.

        Raises:
            TrainingError: When the prompt is no text: Python hands on what is not UTF-8 as halves of characters.
        """
        try:
            prompt.encode()
        except UnicodeEncodeError:
            raise TrainingError(f"{prompt!a}: the prompt is not UTF-8. Write it in a terminal that is.") from None
        answers = []
        sides: tuple[AbstractContextManager[None], ...] = (self._as_base(), nullcontext())
        for history, within in zip(self.histories, sides, strict=True):
            with within:
                answer = self._answer([*history, {"role": "user", "content": prompt}], sampling)
            history += [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer.text}]
            answers.append(answer.text + ("" if answer.ended else " ..."))
        return answers[0], answers[1]

    def _answer(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Answer:
        if self.tokenizer.chat_template:
            tokens = chat_tokens(self.tokenizer, messages)
        else:  # a base that only continues text
            tokens = self.tokenizer("\n".join(message["content"] for message in messages))["input_ids"]
        return generate(self.model, self.tokenizer, [tokens], sampling)[0]


def _wrong_task(folder: Path, task: str | None, tasks: Sequence[str]) -> str:
    if not tasks:
        return f"--task {task}: {folder} has one adapter for everything. Leave --task out."
    given, each = f"--task {task}: " if task else "", ", ".join(tasks)
    return f"{given}{folder} has one adapter for each of the tasks {each}. Choose one, as in --task {tasks[0]}."


def side_by_side(left: str, right: str, width: int) -> list[str]:
    """Two texts in two columns of a terminal that is ``width`` wide."""
    column = (width - len(GAP)) // 2
    wrapped = [
        [part for line in text.splitlines() or [""] for part in textwrap.wrap(line, column) or [""]]
        for text in (left, right)
    ]
    return [f"{one:<{column}}{GAP}{two}".rstrip() for one, two in zip_longest(*wrapped, fillvalue="")]
