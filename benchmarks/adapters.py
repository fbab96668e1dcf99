"""What do many LoRA adapters at once cost?

8 devices over 4 adapters (rank 8, all linear layers, random numbers) beside one adapter with 2 devices: the engine
alone, tokens a second from the first request to the last answer. A batch has one adapter, so groups of 2 can at best
reach what one group of 2 reaches. The one group answers four times, once with each adapter, so that both sides have the
same work and take as long; which comes first alternates. For comparison also 8 devices without an adapter.
"""

import time
from typing import Any

from lib.bundles import random_adapter
from lib.engine import Engine
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
ADAPTERS, GROUP = 4, 2
PROMPT_TOKENS, TG_TOKENS = 16, 128
TARGET = 0.9

ALL, ONE, BASE = "4 adapters x 2", "1 adapter x 2", "no adapter x 8"


def measure(setting: Setting) -> None:
    """One engine; the scenes alternate."""
    prompts = Prompts(setting.model)
    names = [f"a{i}" for i in range(ADAPTERS)]
    files = [
        {"name": name, "path": str(random_adapter(setting.model, setting.folder / f"{name}.gguf", seed=i))}
        for i, name in enumerate(names)
    ]
    groups: list[list[str | None]] = [[name] * GROUP for name in names]
    scenes: dict[str, list[list[str | None]]] = {
        ALL: [[name for group in groups for name in group]],
        ONE: groups,
        BASE: [[None] * ADAPTERS * GROUP],
    }
    rates: dict[str, list[float]] = {scene: [] for scene in scenes}
    with Engine.of(setting, n_ctx=N_CTX, slots=SLOTS, adapters=files) as engine:
        for number in range(-1, setting.rounds):
            order = list(scenes) if number % 2 else [ONE, ALL, BASE]
            for place, scene in enumerate(order):
                setting.settle()
                rate = _rate(engine, prompts, scenes[scene], seed=1000 * (number + 2) + 100 * place)
                if number >= 0:
                    rates[scene].append(rate)
            if number >= 0:
                progress(f"round {number + 1}: " + "  ".join(f"{s}: {r[-1]:.0f}" for s, r in rates.items()))
    verdict = compared(
        "8 devices over 4 adapters, tokens/s",
        rates[ALL],
        rates[ONE],
        AT_LEAST,
        TARGET,
        reference="one adapter, 2 devices",
    )
    rows: list[dict[str, Any]] = [{"scene": scene, "tokens_per_s": median(found)} for scene, found in rates.items()]
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "rank": 8, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds=rates)


def _rate(engine: Engine, prompts: Prompts, waves: list[list[str | None]], *, seed: int) -> float:
    """Completion tokens a second of the waves together, each begun when the one before has ended."""
    tokens = 0
    started = time.perf_counter()
    for wave in waves:
        keys = []
        for adapter in wave:
            keys.append(engine.submit(prompts.text(seed, PROMPT_TOKENS), TG_TOKENS, adapter=adapter))
            seed += 1
        engine.until(lambda keys=keys: all(engine.done(key) for key in keys))
        tokens += sum((engine.done(key) or {})["usage"]["completion_tokens"] for key in keys)
    return tokens / (time.perf_counter() - started)


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=5), measure)
