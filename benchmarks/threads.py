"""How long should a compute thread spin at a barrier before it sleeps?

The engine alone at 1 and 8 sequences, on an idle machine and beside one busy process for each core, for several
values of GOMP_SPINCOUNT. 0 is what OMP_WAIT_POLICY=passive does, 300000 is OpenMP's default (GCC's); the engine's own
choice is BARRIER_SPINS of edge/engine/worker.py (docs/decisions/0010). OMP_WAIT_POLICY=active, 30000000000, can be
asked for with --spins: it takes long.
"""

import os
import sys
from contextlib import ExitStack

from lib.children import Child
from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

from edge.engine.worker import BARRIER_SPINS

N_CTX, PROMPT_TOKENS, TG_TOKENS = 4096, 50, 64
COUNTS = (1, 8)
OWN, DEFAULT = int(BARRIER_SPINS), 300_000
IDLE, BUSY = "idle", "busy"
# Not a target of the issue's: below it the engine's choice would be wrong.
NOT_SLOWER = 0.97


def measure(setting: Setting) -> None:
    """Alternate over the values; the competitors only run for their part."""
    values: list[int] = setting.options.spins
    prompts = Prompts(setting.model)
    rates: dict[str, dict[int, dict[int, list[float]]]] = {
        surroundings: {spins: {n: [] for n in COUNTS} for spins in values} for surroundings in (IDLE, BUSY)
    }
    for number in range(setting.rounds):
        for surroundings, found in rates.items():
            for spins in values:
                setting.settle()
                with ExitStack() as stack:
                    if surroundings == BUSY:
                        _occupy(setting, stack)
                    environment = {**os.environ, "GOMP_SPINCOUNT": str(spins)}
                    engine = Engine.of(setting, n_ctx=N_CTX, slots=max(COUNTS), env=environment, lookup_tokens=0)
                    stack.enter_context(engine)
                    for n in COUNTS:
                        texts = [prompts.text(1000 * number + 100 * n + i, PROMPT_TOKENS) for i in range(n)]
                        found[spins][n].append(tg_rate(engine, texts, TG_TOKENS))
                said = "  ".join(f"{n}: {found[spins][n][-1]:.0f}" for n in COUNTS)
                progress(f"round {number + 1}, {surroundings}, {spins} spins: {said}")
    rows = [
        {
            "surroundings": surroundings,
            "spins": spins,
            **{f"tokens_per_s, {n} seq": median(found[spins][n]) for n in COUNTS},
        }
        for surroundings, found in rates.items()
        for spins in values
    ]
    verdict = []
    for surroundings, found in rates.items():
        for n in COUNTS if {OWN, DEFAULT} <= set(values) else ():
            question = f"{OWN:,} barrier spins, {surroundings} machine, tg, {n} sequence{'s' * (n > 1)}"
            reference = f"{DEFAULT:,}, OpenMP's default"
            verdict += compared(question, found[OWN][n], found[DEFAULT][n], AT_LEAST, NOT_SLOWER, reference=reference)
    settings = {"n_ctx": N_CTX, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds=rates)


def _occupy(setting: Setting, stack: ExitStack) -> None:
    """One process for each core that never waits."""
    for _ in os.sched_getaffinity(0):
        stack.enter_context(Child([sys.executable, "-c", "while True: pass"], setting.folder / "busy.log"))


if __name__ == "__main__":
    options = Parser(str(__doc__), rounds=3, quick={"spins": [OWN]})
    options.add_argument("--spins", type=int, nargs="+", default=[0, OWN, 10_000, DEFAULT], help="of GOMP_SPINCOUNT")
    run(options, measure)
