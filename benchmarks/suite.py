"""Every question of this folder, one script after another: what `make bench` runs.

    make bench                       the whole, ~35 minutes on 2 cores that do nothing else
    make bench ARGS=--quick          all scripts once, on a machine that may be busy: do they run?
    make bench ARGS=--save           writes docs/results/*.json and the tables of docs/RESULTS.md
    make bench ARGS="--only tg schema --rounds 2"

A script that fails doesn't keep the others from running; the exit status is then 1. llama.cpp's programs run beside
edgegen where EDGEGEN_LLAMA_BIN names their folder, llama-cpp-python's server where EDGEGEN_LCP_PYTHON names its Python,
and the 8B shape where EDGEGEN_BENCH_BIG is set; the scripts say how to get what is missing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lib import page
from lib.children import end_on_sigterm
from lib.tables import print_table

HERE = Path(__file__).resolve().parent
# Far beyond what any takes, so that one that hangs doesn't keep the rest from running.
LIMIT_S = 1800.0
STOP_S = 30.0

# Scripts that need a GPU or arguments.
APART = {
    "gpu_bases": "python3 benchmarks/gpu_bases.py --help (a GPU; makes what the next ones train)",
    "gpu_memory": "python3 -m benchmarks.gpu_memory --out OUT.jsonl --bases DIR (a GPU)",
    "gpu_pair": "python3 -m benchmarks.gpu_pair --out OUT.jsonl --bases DIR (two GPUs)",
    "gpu_small_llama": "python3 benchmarks/gpu_small_llama.py OUT --seconds 200 (a GPU; makes what quantise.py takes)",
    "quantise": "EDGEGEN_LLAMA_BIN=build/peers/bin .venv/bin/python benchmarks/quantise.py FOLDER",
    "quantised_quality": ".venv/bin/python benchmarks/quantised_quality.py --save (an hour, resumable)",
    "whole_8b": ".venv/bin/python benchmarks/whole_8b.py FOLDER --vocabulary ggml-vocab-llama-bpe.gguf (50 GB of disk)",
}


def main() -> int:
    """Run, tell what came out; returns the exit status."""
    options = _options()
    end_on_sigterm()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="edgegen-bench-") as folder:
        for name in options.only:
            print(f"\n== benchmarks/{name}.py", flush=True)
            rows.append(_run(name, Path(folder), options))
        found = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(folder).glob("*.json")}
    print("\n== all")
    print_table([line for name in options.only if name in found for line in found[name]["verdict"]])
    print_table(rows)
    if options.only == _all():
        print("Not run here:")
        for name, command in APART.items():
            print(f"  {name}: {command}")
    if options.save:
        page.main()
        print("\nwritten: the tables of docs/RESULTS.md")
    return 1 if any(row["result"].startswith("failed") for row in rows) else 0


def _run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One script, to its end; its figures lie in ``folder`` then, unless it had none."""
    figures = folder / f"{name}.json"
    command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(figures)]
    command += [f"--{flag}" for flag in ("quick", "save") if getattr(options, flag)]
    for option in ("rounds", "threads"):
        if getattr(options, option) is not None:
            command += [f"--{option}", str(getattr(options, option))]
    started = time.monotonic()
    with subprocess.Popen(command) as process:
        try:
            status: int | str = process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            status = f"after {LIMIT_S:.0f} s"
            _stop(process)
        except BaseException:
            _stop(process)
            raise
    result = "done" if figures.is_file() else "left out"
    return {
        "script": name,
        "seconds": round(time.monotonic() - started),
        "result": result if status == 0 else f"failed: {status}",
    }


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, on which a script ends its children; SIGKILL when it doesn't."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _all() -> list[str]:
    """What there is, in the order of the page; a script that the page doesn't know is run too."""
    there = sorted(path.stem for path in HERE.glob("*.py") if path != Path(__file__).resolve())
    ours = [name for name in there if name not in APART]
    return [*(name for name in page.ORDER if name in ours), *(name for name in ours if name not in page.ORDER)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=_all(), default=_all(), metavar="SCRIPT", help="some of them")
    parser.add_argument("--rounds", type=int, help="of every script, instead of its own number")
    parser.add_argument("--threads", type=int, help="compute threads of every script; usually all cores")
    parser.add_argument("--quick", action="store_true", help="one short round of each; the figures mean nothing")
    parser.add_argument("--save", action="store_true", help="write docs/results/*.json and docs/RESULTS.md's tables")
    options = parser.parse_args()
    if options.quick and options.save:
        parser.error("--save keeps figures for docs/RESULTS.md, and those of --quick are not to be believed")
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
