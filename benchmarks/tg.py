"""How fast does the engine generate, beside llama.cpp's own loop?

The engine process alone (no broker, no store) against llama-batched-bench: 50-token prompts, then 128 tokens of each
of 1 to 16 sequences at once, same model, threads and KV cache. Without lookup drafting, which the peer has not either.
"""

from typing import Any

from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, PROMPT_TOKENS, TG_TOKENS = 4096, 50, 128
TARGET = 0.97


def measure(setting: Setting) -> None:
    """Alternate, compare."""
    counts: list[int] = setting.options.sequences
    prompts = Prompts(setting.model)
    ours: dict[int, list[float]] = {n: [] for n in counts}
    theirs: dict[int, list[float]] = {n: [] for n in counts}
    with Engine.of(setting, n_ctx=N_CTX, slots=max(counts), lookup_tokens=0) as engine:
        tg_rate(engine, [prompts.text(0, PROMPT_TOKENS)], TG_TOKENS)  # warm
        for number in range(setting.rounds):
            for n in counts:
                texts = [prompts.text(1000 * number + 100 * n + i, PROMPT_TOKENS) for i in range(n)]
                setting.settle()
                ours[n].append(tg_rate(engine, texts, TG_TOKENS))
                said = f"round {number + 1}, {n} sequences: engine {ours[n][-1]:.0f}"
                if setting.peers is not None:
                    theirs[n].append(_peer_rate(setting, n))
                    said += f", llama-batched-bench {theirs[n][-1]:.0f}"
                progress(said)
    verdict = []
    for n in counts:
        question = f"aggregate tg, engine alone, {n} sequence{'s' * (n > 1)}"
        verdict += compared(question, ours[n], theirs[n], AT_LEAST, TARGET, reference="llama-batched-bench")
    rows = [
        {
            "sequences": n,
            "engine_tokens_per_s": median(ours[n]),
            "batched_bench_tokens_per_s": median(theirs[n]) if theirs[n] else None,
        }
        for n in counts
    ]
    settings = {"n_ctx": N_CTX, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS, "kv": "f16, unified"}
    report(setting, rows, verdict, settings=settings, rounds={"engine": ours, "batched_bench": theirs})


def _peer_rate(setting: Setting, sequences: int) -> float:
    assert setting.peers is not None
    options: list[Any] = ["-c", N_CTX, "-kvu", "-t", setting.threads, "-tb", setting.threads]
    options += ["-npp", PROMPT_TOKENS, "-ntg", TG_TOKENS, "-npl", sequences]
    (row,) = setting.peers.batched_bench(setting.folder, setting.model, *options)
    return float(row["speed_tg"])


if __name__ == "__main__":
    options = Parser(str(__doc__), rounds=5, programs=("llama-batched-bench",), quick={"sequences": [1, 4]})
    options.add_argument("--sequences", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    run(options, measure)
