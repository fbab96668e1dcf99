"""Carries out trainings of a comparison, one after the other, for ``finetune.compare_run``.

    python -m finetune.compare_worker        # jobs as JSON lines on standard input, an outcome for each as a JSON line

Imports are paid once. On a GPU the CUDA context is too, and PyTorch counts memory anew for each training; after a
failure the process ends, for nobody knows what that left. On a CPU, where memory is counted for a whole process, each
training is a fork.
"""

import ctypes
import gc
import json
import logging
import os
import resource
import shutil
import signal
import statistics
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import click
import torch

from edgegen.errors import EdgegenError
from finetune.backends.base import prepare
from finetune.compare import Memory
from finetune.recipe import load_recipe
from finetune.run import resume, start
from finetune.shape_memory import measure

# Linux' prctl: be killed when the parent dies.
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Answer jobs until there are no more, or this process can measure no other."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    gpu = torch.cuda.is_available()
    for line in sys.stdin:
        job = json.loads(line)
        answer = _logged(job) if gpu else _forked(job)
        stays = "problem" not in answer or not gpu
        answers.write(json.dumps(answer | {"stays": stays}) + "\n")
        answers.flush()
        if not stays:
            return
        if gpu:
            gc.collect()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()


def _forked(job: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a process that is this one up to here, and does not outlive it."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        with suppress(AttributeError):  # not on every system
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.write(into, json.dumps(_logged(job)).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if not said:
        return {"problem": f"the process died ({os.waitstatus_to_exitcode(status)})"}
    return cast(dict[str, Any], json.loads(said))


def _logged(job: dict[str, Any]) -> dict[str, Any]:
    """The outcome; everything that is printed meanwhile goes to the job's log."""
    sys.stdout.flush()
    with Path(job["log"]).open("a", encoding="utf-8") as log:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
    try:
        return _memory(job) if job.get("memory") else _train(job)
    except EdgegenError as error:
        click.echo(f"edgegen: {error}", err=True)
        return {"problem": str(error).strip().splitlines()[0]}
    except Exception as error:  # noqa: BLE001  (one training must not end the others; its traceback is in its log)
        traceback.print_exc()
        return {"problem": f"{type(error).__name__}: {error}".splitlines()[0]}
    finally:
        sys.stdout.flush()


def _train(job: dict[str, Any]) -> dict[str, Any]:
    """Start a run, or go on with one that was interrupted, and read what it wrote."""
    folder = Path(job["folder"])
    if (folder / "recipe.toml").exists() and not (folder / "REPORT.md").exists():
        recipe, go = load_recipe(folder / "recipe.toml"), resume
    else:
        shutil.rmtree(folder, ignore_errors=True)
        recipe, go = load_recipe(Path(job["recipe"]), job["settings"]), start
    prepare(recipe)
    go(recipe, click.echo)
    outcome = outcome_of(folder)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)  # they are the larger part, and nothing goes on from them
    return outcome


def _memory(job: dict[str, Any]) -> dict[str, Any]:
    recipe = load_recipe(Path(job["recipe"]), job["settings"])
    prepare(recipe)
    found = measure(recipe, Memory(**job["memory"]))
    return found | {"peak_memory_bytes": found["peak_memory_bytes"] or _held()}


def outcome_of(folder: Path) -> dict[str, Any]:
    """What a finished run wrote down."""
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    last: dict[str, Any] = {}
    for row in rows:
        last |= {name: row[name] for name in ("held_out_loss", "held_out_kl") if name in row}
    gpu = [row["peak_reserved_bytes"] for row in rows if "peak_reserved_bytes" in row]
    sizes = [adapter["size_bytes"] for adapter in facts["fold"]["adapters"].values()]
    return last | {
        "step_s": statistics.median(row["step_s"] for row in rows if "step_s" in row),
        "peak_memory_bytes": max(gpu) if gpu else _held(),
        "trainable_parameters": facts["trainable_parameters"],
        "steps": sum("loss" in row for row in rows),
        "exactly_right": {task: found["each"] for task, found in facts["exactly_right"].items()},
        "adapter_bytes": sum(sizes) or (folder / "trained.safetensors").stat().st_size,
        "device": f"{facts['device']} (base {Path(facts['base']).name}, held in {facts['load']})",
    }


def _held() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
