"""How fast does the engine generate with a model that barely fits, beside llama-bench?

Random weights of Llama 3.1 8B's shape in Q4_K_M (4.9 GB on disk, made once), one sequence, the engine process alone.
Runs only when it is asked for, because it needs the disk, 6 GB of memory and minutes: with --big, or with
EDGEGEN_BENCH_BIG=1 in `make bench`; EDGEGEN_BENCH_BIG=FILE also says where the model is, or is to be made.
"""

import os
from pathlib import Path

from lib.big import vocabulary_of, write_big_model
from lib.engine import Engine, tg_rate
from lib.prompts import Prompts
from lib.setting import ROOT, Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, PROMPT_TOKENS, TG_TOKENS = 512, 16, 32
TARGET = 0.97

HOW = """\
Left out: it needs 5 GB of disk, 6 GB of memory and minutes. To run it:
  .venv/bin/python benchmarks/big_model.py --big        or        EDGEGEN_BENCH_BIG=1 make bench
"""
NO_VOCABULARY = """\
The vocabulary comes from the source package of llama-cpp-python. Name it (the .tar.gz, or the folder it was unpacked
to) with --sdist:
  .venv/bin/pip download --no-deps --no-binary :all: -d build/sdist llama-cpp-python==0.3.36"""


def measure(setting: Setting) -> None:
    """Make the model where there is none, then alternate."""
    if not setting.options.big:
        print(HOW)
        return
    model: Path = setting.options.big_model
    if not model.is_file():
        _make(setting, model)
    ours: list[float] = []
    theirs: list[float] = []
    prompts = Prompts(model)
    with Engine(model, n_ctx=N_CTX, slots=1, threads=setting.threads, lookup_tokens=0) as engine:
        tg_rate(engine, [prompts.text(0, PROMPT_TOKENS)], TG_TOKENS)  # pages the weights in
        for number in range(setting.rounds):
            setting.settle()
            ours.append(tg_rate(engine, [prompts.text(number + 1, PROMPT_TOKENS)], TG_TOKENS))
            said = f"round {number + 1}: engine {ours[-1]:.2f}"
            if setting.peers is not None:
                options = ["-t", setting.threads, "-p", 0, "-n", TG_TOKENS, "-r", 1]
                (row,) = setting.peers.bench(setting.folder, model, *options)
                theirs.append(float(row["avg_ts"]))
                said += f", llama-bench {theirs[-1]:.2f}"
            progress(said)
    peer = median(theirs) if theirs else None
    rows = [{"sequences": 1, "engine_tokens_per_s": median(ours), "llama_bench_tokens_per_s": peer}]
    verdict = compared("8B shape, Q4_K_M: tg, 1 sequence", ours, theirs, AT_LEAST, TARGET, reference="llama-bench")
    settings = {"n_ctx": N_CTX, "tg_tokens": TG_TOKENS, "model": "Llama 3.1 8B's shape, Q4_K_M, random"}
    report(setting, rows, verdict, settings=settings, rounds={"engine": ours, "llama_bench": theirs})


def _make(setting: Setting, model: Path) -> None:
    sdist: Path = setting.options.sdist
    if not sdist.exists():
        raise SystemExit(f"{sdist}: not there. {NO_VOCABULARY}")
    progress(f"writing {model}")
    model.parent.mkdir(parents=True, exist_ok=True)
    unfinished = model.with_suffix(".part")
    write_big_model(unfinished, vocabulary_of(sdist, setting.folder))
    unfinished.rename(model)


if __name__ == "__main__":
    asked = os.environ.get("EDGEGEN_BENCH_BIG", "")
    given = Path(asked) if "." in asked else ROOT / ".cache" / "bench" / "8b-shape-Q4_K_M.gguf"
    options = Parser(str(__doc__), rounds=5, programs=("llama-bench",))
    options.add_argument("--big", action="store_true", default=bool(asked), help="run it")
    options.add_argument("--big-model", type=Path, default=given, help="the file, made where there is none")
    options.add_argument(
        "--sdist",
        type=Path,
        default=ROOT / "build" / "sdist" / "llama_cpp_python-0.3.36.tar.gz",
        help="llama-cpp-python's source package, for the vocabulary",
    )
    run(options, measure)
