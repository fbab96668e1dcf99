"""What do compute threads that follow the free cores bring, beside a fixed number of them that spin long or short?

The engine alone at 1 and 8 sequences: on an idle machine, beside something that runs 50 ms of every 200 as a broker
and a daemon do, and beside one to three processes that always want a core. The engine's own way (long spins, as many
threads as there are free cores: edge/core/threads.py, docs/decisions/0024) against all threads with a fixed
GOMP_SPINCOUNT: 1,000, and 300,000, which is OpenMP's default (GCC's). Long spins beside busy processes make a few
tokens a second, so they are only measured on an idle machine and beside bursts, unless --all says otherwise.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lib.children import Child
from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

from edge.engine.cores import LONG_SPINS, SHORT_SPINS, SPIN_COUNT

N_CTX, PROMPT_TOKENS, TG_TOKENS = 4096, 50, 64
COUNTS = (1, 8)

ALWAYS = "while True: pass"
BURSTS = """
import time
while True:
    end = time.perf_counter() + 0.05
    while time.perf_counter() < end: pass
    time.sleep(0.15)
"""
SURROUNDINGS = {
    "idle": (),
    "bursts": (BURSTS,),
    "1-busy": (ALWAYS,),
    "2-busy": (ALWAYS,) * 2,
    "3-busy": (ALWAYS,) * 3,
}
FOLLOWING, SHORT, LONG = "following", f"{int(SHORT_SPINS):,} spins", f"{int(LONG_SPINS):,} spins"
SPINS = {FOLLOWING: None, SHORT: SHORT_SPINS, LONG: LONG_SPINS}
# Not a target of the issue's: below it the engine's choice would be wrong.
NOT_SLOWER = 0.97


def measure(setting: Setting) -> None:
    """Alternate over the ways; the competitors only run for their part."""
    prompts = Prompts(setting.model)
    surroundings: list[str] = setting.options.beside
    rates: dict[str, dict[str, dict[int, list[float]]]] = {
        beside: {way: {n: [] for n in COUNTS} for way in SPINS if setting.options.all or _is_fair(way, beside)}
        for beside in surroundings
    }
    with ExitStack() as stack:
        engines = {way: stack.enter_context(_engine(setting, way)) for way in SPINS}
        for engine in engines.values():
            tg_rate(engine, [prompts.text(0, PROMPT_TOKENS)], TG_TOKENS)  # warm
        for number in range(setting.rounds):
            for beside, ways in rates.items():
                setting.settle()
                with _others(setting, SURROUNDINGS[beside]):
                    for way, found in ways.items():
                        for n in COUNTS:
                            texts = [prompts.text(1000 * number + 100 * n + i, PROMPT_TOKENS) for i in range(n)]
                            found[n].append(tg_rate(engines[way], texts, TG_TOKENS))
                        said = "  ".join(f"{n}: {found[n][-1]:.0f}" for n in COUNTS)
                        progress(f"round {number + 1}, {beside}, {way}: {said}")
    rows = [
        {"beside": beside, "threads": way, **{f"tokens_per_s, {n} seq": median(found[n]) for n in COUNTS}}
        for beside, ways in rates.items()
        for way, found in ways.items()
    ]
    verdict = []
    for beside, ways in rates.items():
        for n in COUNTS:
            for way in (way for way in ways if way != FOLLOWING):
                question = f"threads that follow the cores, {beside}, tg, {n} sequence{'s' * (n > 1)}"
                verdict += compared(question, ways[FOLLOWING][n], ways[way][n], AT_LEAST, NOT_SLOWER, reference=way)
    settings = {"n_ctx": N_CTX, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds=rates)


def _is_fair(way: str, beside: str) -> bool:
    """Whether long spins do not all but stand still there."""
    return way != LONG or ALWAYS not in SURROUNDINGS[beside]


def _engine(setting: Setting, way: str) -> Engine:
    environment = {name: value for name, value in os.environ.items() if name not in (SPIN_COUNT, "OMP_WAIT_POLICY")}
    spins = SPINS[way]
    if spins is not None:
        environment[SPIN_COUNT] = spins
    return Engine.of(setting, n_ctx=N_CTX, slots=max(COUNTS), env=environment, lookup_tokens=0)


@contextmanager
def _others(setting: Setting, programs: tuple[str, ...]) -> Iterator[None]:
    """Processes that compute meanwhile."""
    with ExitStack() as stack:
        for program in programs:
            stack.enter_context(Child([sys.executable, "-c", program], setting.folder / "busy.log"))
        yield


if __name__ == "__main__":
    options = Parser(str(__doc__), rounds=2, quick={"beside": ["idle", "2-busy"]})
    options.add_argument(
        "--beside", nargs="+", choices=SURROUNDINGS, default=list(SURROUNDINGS), help="what runs meanwhile"
    )
    options.add_argument("--all", action="store_true", help="long spins beside busy processes too: takes long")
    run(options, measure)
