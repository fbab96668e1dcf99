"""The same global batch on one GPU and on several: Llama 3.1 8B QLoRA, batch 2 x accumulation 8, 2,048 tokens.

    python -m benchmarks.gpu_pair --bases DIR --out OUT.jsonl [--gpus 2]

Starts itself once for each number of GPUs, and compares the times of the steps and the losses.
"""
# ruff: noqa: PLC0415 (Unsloth must be imported before transformers and PEFT, and the parent imports neither)

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.gpu_memory import CASES, WARM_UP, Case, make_base, need_gpu

STEPS = 5


def main() -> None:
    """One GPU, then all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gpus", type=int, default=2)
    parser.add_argument("--case", default="default-8b-peft", help="a case of gpu_memory; default-8b: over Unsloth")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case not in CASES:
        parser.error(f"{options.case}: no such case; there are: {', '.join(CASES)}")
    case = replace(CASES[options.case], accumulate=8)
    if options.child:
        measure(case, options)
        return
    if not options.case.startswith("tiny"):
        need_gpu(parser, [options.case])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    make_base(case, options.bases)
    rows = []
    for gpus in (1, options.gpus):
        run = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={gpus}", "-m"]
        run += ["benchmarks.gpu_pair", "--child", "--bases", str(options.bases), "--out", str(options.out)]
        subprocess.run(
            [*run, "--case", options.case], check=True, timeout=280, env=os.environ | {"OMP_NUM_THREADS": "4"}
        )
        rows.append(json.loads(options.out.read_text(encoding="utf-8").splitlines()[-1]))
        print(rows[-1], flush=True)
    ratio = rows[0]["step_s_median"] / rows[1]["step_s_median"]
    print(
        f"{options.gpus} GPUs against 1: {ratio:.2f} x; losses {rows[0]['losses'][-1]:.4f}, {rows[1]['losses'][-1]:.4f}"
    )


def measure(case: Case, options: argparse.Namespace) -> None:
    """Steps of one process among others; rank 0 writes."""
    import importlib.util

    import torch

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        if importlib.util.find_spec("unsloth"):
            import unsloth  # noqa: F401
    from benchmarks.gpu_memory import ours
    from finetune import parallel
    from finetune.processes import rank, world

    parallel.join(case.accumulate)
    model, (loss_of, optimizer, facts) = ours(case, options.bases / case.shape)
    parallel.start_equal(model)
    device = next(value.device for value in model.parameters() if value.requires_grad)
    trained = [value for value in model.parameters() if value.requires_grad]
    generator = torch.Generator().manual_seed(0)
    seconds: list[float] = []
    losses: list[float] = []
    targets = case.accumulate * case.batch * (case.tokens - 1)
    for _ in range(WARM_UP + STEPS):
        ids = torch.randint(3, model.config.vocab_size, (case.accumulate, case.batch, case.tokens), generator=generator)
        parallel.wait()
        start = time.monotonic()
        total = 0.0
        for batch in parallel.share(list(ids)):
            loss: Any = loss_of(batch.to(device), targets)
            loss.backward()
            total += float(loss.detach())
        losses += parallel.add_up(model, [total])
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.monotonic() - start)
    if rank() == 0:
        row = {"gpus": world(), "case": options.case, "step_s": seconds, "losses": losses, **facts()}
        row["step_s_median"] = statistics.median(seconds[WARM_UP:])
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
