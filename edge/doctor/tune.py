"""`edgegen doctor --tune`: which threads, batch size, attention and KV type are fastest here, for the installed model.

One thing is varied after another, each from the best so far: a full grid would take many times the minute this takes.
"""

import json
import math
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.child import ask_child
from edge.engine.options import DEFAULT_N_BATCH
from edge.tuned import Tuned
from edgegen.errors import EngineError

# What a request is taken to be: as many of them as there are slots, each with a short prompt and a short answer.
PROMPT_TOKENS, ANSWER_TOKENS = 50, 64

# Another setting has to be this much faster than the one before it: below lies the noise of measurements of a second.
WORTH_IT = 1.03

# A quantised KV cache changes answers a little. It is taken for speed only if it brings this much; for memory the
# operator chooses it.
WORTH_QUANTISING = 1.15

# Two measurements of one setting on a quiet machine differ by less than this.
STEADY = 1.2

BATCHES = (64, 128, 512)
TIMEOUT_S = 300.0

START = Tuned(n_threads=None, n_batch=DEFAULT_N_BATCH, kv_type="f16", flash_attn=None)


@dataclass(frozen=True)
class Measurement:
    """One setting and what it reached: tokens a second of prompts, of one sequence, and of a full set of slots."""

    setting: Tuned
    pp: float
    tg: float
    tg_slots: float
    slots: int
    kv_bytes: int

    @property
    def score(self) -> float:
        """Answers a second; the mean of a device that is alone and of all slots, so that neither is forgotten."""
        alone = 1 / (PROMPT_TOKENS / self.pp + ANSWER_TOKENS / self.tg)
        together = 1 / (PROMPT_TOKENS / self.pp + ANSWER_TOKENS / self.tg_slots)
        return math.sqrt(alone * together)

    def row(self) -> dict[str, Any]:
        """For the table and the file."""
        return {
            **asdict(self.setting),
            "pp_tokens_per_s": round(self.pp, 1),
            "tg_tokens_per_s": round(self.tg, 1),
            f"tg_tokens_per_s at {self.slots}": round(self.tg_slots, 1),
            "kv_mib": round(self.kv_bytes / 2**20, 1),
        }


def measure(load: Mapping[str, Any], setting: Tuned) -> Measurement:
    """Measure one setting in a child process: llama.cpp aborts where it has no memory.

    Raises:
        EngineError: The model does not load with it, or takes longer than TIMEOUT_S; the reason is llama.cpp's.
    """
    message = {**load, **{name: value for name, value in asdict(setting).items() if value is not None}}
    if setting.flash_attn is None:
        message.pop("flash_attn", None)
    try:
        said = ask_child("edge.engine.measure", json.dumps(message), timeout_s=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"not done after {TIMEOUT_S:.0f} s") from error
    if said.status != 0:
        raise EngineError(said.last_words or f"ended with status {said.status}")
    found = json.loads(said.answer.splitlines()[-1])
    return Measurement(
        setting,
        pp=found["pp_tokens_per_s"],
        tg=found["tg_tokens_per_s"],
        tg_slots=found["tg_slots_tokens_per_s"],
        slots=found["slots"],
        kv_bytes=found["kv_bytes"],
    )


def search(cores: int, try_one: Callable[[Tuned], Measurement | None]) -> Measurement | None:
    """The best setting; None where not even the first can be measured. The first is measured again at the end.

    Args:
        try_one: Measures, shows progress; None for a setting that does not work here.
    """
    first = replace(START, n_threads=cores)
    best = try_one(first)
    if best is None:
        return None
    for candidates in (_threads(cores), _batches, _attention):
        for setting in candidates(best.setting):
            found = try_one(setting)
            if found is not None and _better(found, best):
                best = found
    try_one(first)
    return best


def steady(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first and the last row, of the same setting, agree; else something else used the machine."""
    first, last = rows[0], rows[-1]
    return all(1 / STEADY < first[name] / last[name] < STEADY for name in ("pp_tokens_per_s", "tg_tokens_per_s"))


def _better(found: Measurement, best: Measurement) -> bool:
    newly_quantised = found.setting.kv_type != "f16" and best.setting.kv_type == "f16"
    return found.score > best.score * (WORTH_QUANTISING if newly_quantised else WORTH_IT)


def _threads(cores: int) -> Callable[[Tuned], Iterator[Tuned]]:
    """Fewer threads than cores: they may share caches or memory channels, or the daemon may need one."""
    counts: Sequence[int] = sorted({max(1, cores // 2), max(1, cores - 1)} - {cores})
    return lambda best: (replace(best, n_threads=count) for count in counts)


def _batches(best: Tuned) -> Iterator[Tuned]:
    return (replace(best, n_batch=size) for size in BATCHES)


def _attention(best: Tuned) -> Iterable[Tuned]:
    return (
        replace(best, flash_attn=False),
        replace(best, flash_attn=True, kv_type="q8_0"),
        replace(best, flash_attn=True, kv_type="q4_0"),
    )


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))
