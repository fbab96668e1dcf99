"""What a file of quantised_quality.py is worth: drift from 16 bits, skills, answers with the adapters, speed."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.probes.report import document
from edge.probes.run import run_suites
from edge.probes.suite import Suite, find_suite, load_suite
from edge.probes.target import EngineTarget
from edgegen.bundle import ResolvedModel
from edgegen.config import load_config
from finetune.evaluation import choices, drift, skills, texts
from finetune.evaluation.gguf import GgufScorer
from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.quiet import Elsewhere
from lib.setting import Setting

# The questions of each task: its suite, and those of its probes that give one figure a person understands.
TASKS = {
    "numbers": ("number-comparison", None),
    "commands": ("iot-command", "exact"),
    "alerts": ("alert-triage", "triage"),
}
MERGED_TASK = "numbers"  # its adapter, of the same name, is merged as well as swapped in
SKILLS = ("facts", "code")  # without an adapter
SPLIT = "dev"  # the sealed questions are for what is shipped, not for choosing
TG_CONTEXT, TG_PROMPT, TG_TOKENS = 1024, 50, 128


@dataclass(frozen=True)
class Held(drift.View):
    """A view that computes each block once: 50 MB a block of general text for a vocabulary of 49,152."""

    found: dict[drift.Block, NDArray[np.float32]] = field(default_factory=dict)

    def logits(self, blocks: Sequence[drift.Block]) -> Iterator[NDArray[np.float32]]:
        """See View."""
        missing = [block for block in blocks if block not in self.found]
        self.found.update(zip(missing, super().logits(missing), strict=True))
        return (self.found[block] for block in blocks)


def general_blocks(scorer: GgufScorer, chunks: int) -> list[drift.Block]:
    """So many chunks of each kind of general text."""
    return [
        block
        for text in texts.TEXTS
        for block in drift.text_blocks(scorer, texts.general_text(text), chunks, where=text.name)
    ]


def own_answers(view: drift.View, prompts: Sequence[str], cache: Path, identity: str) -> list[drift.Block]:
    """Questions with the view's own answers, as blocks."""
    assert isinstance(view.scorer, GgufScorer)
    said = drift.own_answers(view, prompts, identity, cache, lambda _: None)
    return drift.chat_blocks(view.scorer, prompts, said)


def skill(scorer: GgufScorer, name: str, count: int) -> dict[str, Any]:
    """One task of ``skills.TEXTS``."""
    text = next(text for text in texts.TEXTS if text.name == name)
    questions = skills.text_choices(name, texts.general_text(text), count)
    return choices.evaluate_choices(name, scorer, questions, main="acc_norm").as_json()


def task_suite(task: str, count: int) -> Suite:
    """The dev questions of a task."""
    name, probe = TASKS[task]
    suite = load_suite(find_suite(name), split=SPLIT, count=count if probe is None else 2 * count)
    items = tuple(item for item in suite.items if probe in (None, item.probe))
    return replace(suite, items=items).limited(count)


def digest(suites: Sequence[Suite]) -> str:
    """Of what is asked, and what is right."""
    asked = [[item.id, item.prompt, dict(item.check), dict(item.sampling)] for suite in suites for item in suite.items]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def over(model: ResolvedModel, path: Path, *, adapters: bool = True) -> ResolvedModel:
    """A bundle over another file than its base.

    Its canaries go: they say how far an adapter moves the base that the bundle was made for.
    """
    refs = tuple(replace(adapter, canary=None) for adapter in model.adapters) if adapters else ()
    return replace(model, model_path=path, adapters=refs)


def answers(model: ResolvedModel, suites: Sequence[Suite], data_dir: Path, threads: int) -> dict[str, Any]:
    """What it answered, judged, in the form of ``edgegen probe run --json``."""
    keys = [f"node.data_dir={json.dumps(str(data_dir))}", "model.slots=8", f"model.n_threads={threads}"]
    with closing(EngineTarget(model, load_config(None, keys))) as target:
        return document(run_suites(target, suites, None))


def speeds(setting: Setting, files: Mapping[str, Path], number: int) -> dict[str, Any]:
    """Tokens a second of one sequence with each file, one after another; and how quiet the machine was.

    Args:
        number: Of the round: each has a prompt of its own.
    """
    prompts = Prompts(setting.model)
    elsewhere = Elsewhere()
    found: dict[str, float] = {}
    for name, path in files.items():
        setting.settle()
        with Engine(path, n_ctx=TG_CONTEXT, slots=1, threads=setting.threads, lookup_tokens=0) as engine:
            tg_rate(engine, [prompts.text(0, TG_PROMPT)], TG_TOKENS)  # warm
            found[name] = tg_rate(engine, [prompts.text(number + 1, TG_PROMPT)], TG_TOKENS)
    return {"tokens_per_s": found, "cores_used_elsewhere": round(elsewhere.cores(), 2)}
