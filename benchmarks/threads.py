"""How long should a compute thread spin at a barrier before it sleeps?

The engine alone at 1, 4 and 8 sequences, on an idle machine and beside one busy process for each core, for several
values of GOMP_SPINCOUNT. 0 is what OMP_WAIT_POLICY=passive does, 300000 is OpenMP's default, 30000000000 is
OMP_WAIT_POLICY=active; the engine's own choice is the constant BARRIER_SPINS of edge/engine/worker.py.
"""

import os
import sys
from contextlib import ExitStack

from lib.children import Child
from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.quiet import settle
from lib.setting import Setting, parser, run
from lib.tables import median, progress, report

N_CTX, PROMPT_TOKENS, TG_TOKENS = 4096, 50, 64
COUNTS = (1, 4, 8)
SPINS = (0, 1000, 10_000, 300_000, 30_000_000_000)
IDLE, BUSY = "idle", "busy"


def measure(setting: Setting) -> None:
    """Alternate over the values; the competitors only run for their part."""
    prompts = Prompts(setting.model)
    rates: dict[str, dict[str, list[float]]] = {IDLE: {}, BUSY: {}}
    for number in range(setting.rounds):
        for surroundings, found in rates.items():
            for spins in SPINS:
                settle()
                with ExitStack() as stack:
                    if surroundings == BUSY:
                        _occupy(setting, stack)
                    environment = {**os.environ, "GOMP_SPINCOUNT": str(spins)}
                    engine = Engine.of(setting, n_ctx=N_CTX, slots=8, env=environment, lookup_tokens=0)
                    stack.enter_context(engine)
                    for n in COUNTS:
                        texts = [prompts.text(1000 * number + 100 * n + i, PROMPT_TOKENS) for i in range(n)]
                        found.setdefault(f"{spins}/{n}", []).append(tg_rate(engine, texts, TG_TOKENS))
                said = "  ".join(f"{n}: {found[f'{spins}/{n}'][-1]:.0f}" for n in COUNTS)
                progress(f"round {number + 1}, {surroundings}, {spins} spins: {said}")
    rows = [
        {
            "surroundings": surroundings,
            "spins": spins,
            **{f"tokens_per_s, {n} seq": median(found[f"{spins}/{n}"]) for n in COUNTS},
        }
        for surroundings, found in rates.items()
        for spins in SPINS
    ]
    settings = {"n_ctx": N_CTX, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, [], settings=settings, rounds=rates)


def _occupy(setting: Setting, stack: ExitStack) -> None:
    """One process for each core that never waits."""
    for _ in os.sched_getaffinity(0):
        stack.enter_context(Child([sys.executable, "-c", "while True: pass"], setting.folder / "busy.log"))


if __name__ == "__main__":
    run(parser(str(__doc__), rounds=3), measure)
