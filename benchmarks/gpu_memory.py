# ruff: noqa: PLC0415, SLF001 (Unsloth must be imported before transformers and PEFT, and the parent imports neither)
"""Memory and time of QLoRA steps on exact shapes: plain Unsloth, our defaults, our minimal preset.

    python -m benchmarks.gpu_memory --out OUT.jsonl --bases DIR --logs DIR [--cases NAME,NAME] [--limit-s 560]

Every case runs in a process of its own, so that none sees another's memory. Peak reserved is PyTorch's; ``nvml`` is the
driver's highest use of the card minus its use before the process, sampled every 10 ms from outside. Weights are random
(benchmarks/gpu_bases.py), every sample is full, and every token is learned.
"""

import argparse
import ctypes
import json
import math
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

GIB = 2**30
WARM_UP = 3


@dataclass(frozen=True)
class Case:
    """One measurement.

    Args:
        who: ``unsloth``: its own usual script; ``ours``: a recipe, through our backends.
        shape: A key of ``gpu_bases.SHAPES``; with ``-16bit`` behind it, a base in bfloat16.
        changes: What the recipe says beside the defaults.
        built: The base is built in memory instead of being loaded from a folder.
        steps: Steps after the warm-up.
        timeout_s: After which the case is given up.
    """

    who: str
    shape: str
    changes: tuple[str, ...] = ()
    batch: int = 2
    accumulate: int = 4
    tokens: int = 2048
    rank: int = 16
    built: bool = False
    steps: int = 6
    timeout_s: int = 240

    def recipe_changes(self, base: Path) -> list[str]:
        """Overrides for ``load_recipe``."""
        load = "bfloat16" if self.shape.endswith("-16bit") else "nf4"
        return [
            f"base.model={base}", f"base.load={load}", f"data.max_tokens={self.tokens}", f"train.batch={self.batch}",
            f"train.accumulate={self.accumulate}", f"method.rank={self.rank}", "data.train=none.jsonl",
            f"method.name={'lora' if load == 'bfloat16' else 'qlora'}", "run.folder=none", *self.changes,
        ]  # fmt: skip


MINIMAL = ("train.memory=minimal",)
PEFT = ("run.backend=peft",)
CASES = {
    "unsloth-8b": Case("unsloth", "8b"),
    "default-8b": Case("ours", "8b"),
    "minimal-8b": Case("ours", "8b", MINIMAL),
    "default-8b-peft": Case("ours", "8b", PEFT),
    "minimal-3b": Case("ours", "3b", MINIMAL),
    "minimal-1b": Case("ours", "1b", MINIMAL),
    "seq512-1b": Case("ours", "1b", PEFT, tokens=512, accumulate=2, steps=3),
    "seq4096-1b": Case("ours", "1b", PEFT, tokens=4096, batch=1, accumulate=2, steps=3),
    "rank64-1b": Case("ours", "1b", PEFT, rank=64, accumulate=2, steps=3),
    "batch4-3b": Case("ours", "3b", PEFT, batch=4, accumulate=1, steps=3),
    "16bit-1b": Case("ours", "1b-16bit", PEFT, accumulate=2, steps=3),
    "batch1-8b-minimal": Case("ours", "8b", MINIMAL, batch=1, accumulate=1, steps=3),
    "rank64-3b-minimal": Case("ours", "3b", MINIMAL, rank=64, accumulate=2, steps=3),
    "seq1024-8b-peft": Case("ours", "8b", PEFT, tokens=1024, accumulate=2, steps=3),
    "minimal-70b": Case("ours", "70b", MINIMAL, batch=1, accumulate=1, built=True, steps=17, timeout_s=330),
    # The same path on a CPU, for the tests.
    "tiny-minimal": Case("ours", "tiny", (*MINIMAL, *PEFT, "train.optimizer=adamw"), tokens=64, steps=2),
    "tiny-tied-minimal": Case("ours", "tiny-tied", (*MINIMAL, "train.optimizer=adamw"), tokens=64, steps=2),
    "tiny-default": Case("ours", "tiny", PEFT, tokens=64, steps=2),
    "tiny-built": Case("ours", "tiny", (*MINIMAL, "train.optimizer=adamw"), tokens=64, built=True, steps=2),
}  # fmt: skip


class Nvml:
    """The driver's own count of used memory, without a context of ours, of the GPU that processes will see first."""

    class _Info(ctypes.Structure):
        _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]

    def __init__(self) -> None:
        self.handle = ctypes.c_void_p()
        first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
        index = int(first) if first.isdecimal() else 0
        try:
            self.library: Any = ctypes.CDLL("libnvidia-ml.so.1")
            failed = self.library.nvmlInit_v2() or self.library.nvmlDeviceGetHandleByIndex_v2(
                index, ctypes.byref(self.handle)
            )
        except OSError:
            failed = True
        if failed:
            self.library = None

    def used(self) -> int:
        """Bytes in use; 0 where there is no driver."""
        if self.library is None:
            return 0
        info = self._Info()
        self.library.nvmlDeviceGetMemoryInfo(self.handle, ctypes.byref(info))
        return int(info.used)


def main() -> None:
    """Run the cases one after another, appending a line for each to the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--logs", type=Path, default=Path("logs"), help="folder for what the cases print")
    parser.add_argument("--cases", default=",".join(name for name in CASES if not name.startswith("tiny")))
    parser.add_argument("--limit-s", type=float, default=570, help="start no case that could end later than this")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(CASES[options.child], options.bases)), flush=True)
        return
    names = options.cases.split(",")
    unknown = [name for name in names if name not in CASES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such case; there are: {', '.join(CASES)}")
    need_gpu(parser, [name for name in names if not name.startswith("tiny")])
    began, rows = time.monotonic(), []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    nvml = Nvml()
    for name in names:
        left = options.limit_s - (time.monotonic() - began)
        row = run_case(name, options, nvml, left) if left > 20 else {"case": name, "error": "no time left"}
        rows.append(row)
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(line_of(row), f"  [{time.monotonic() - began:.0f} s]", flush=True)


def need_gpu(
    parser: argparse.ArgumentParser,
    cases: list[str],
    instead: str = "Without one the same path runs as --cases tiny-default,tiny-minimal.",
) -> None:
    """End here, in plain words, where cases would need a GPU that is not there."""
    if cases and Nvml().library is None:
        parser.exit(
            3,
            "These cases need an NVIDIA GPU, and this machine's driver (libnvidia-ml.so.1) names none: "
            f"{', '.join(cases)}.\n{instead}\n",
        )


def run_case(name: str, options: argparse.Namespace, nvml: Nvml, left: float) -> dict[str, Any]:
    """A case in its own process, watched from outside."""
    case = CASES[name]
    options.logs.mkdir(parents=True, exist_ok=True)
    log = options.logs / f"{name}.log"
    command = [sys.executable, "-m", "benchmarks.gpu_memory", "--child", name, "--out", str(options.out)]
    command += ["--bases", str(options.bases)]
    environment = {
        "HF_HUB_OFFLINE": "1", "UNSLOTH_DISABLE_STATISTICS": "1", "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
        "PYTORCH_ALLOC_CONF": "expandable_segments:True", "TOKENIZERS_PARALLELISM": "false", **os.environ,
    }  # fmt: skip
    try:
        make_base(case, options.bases)
    except subprocess.CalledProcessError as error:
        return {"case": name, "error": f"the base could not be made: {error}"}
    idle, began = nvml.used(), time.monotonic()
    peak, done = [idle], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], nvml.used())

    watcher = threading.Thread(target=watch)
    watcher.start()
    row: dict[str, Any] = {"case": name, **asdict(case)}
    try:
        with log.open("w", encoding="utf-8") as errors:
            done_process = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, check=False,
                timeout=min(case.timeout_s, left),
            )  # fmt: skip
        lines = [line for line in done_process.stdout.splitlines() if line.startswith("{")]
        if done_process.returncode == 0 and lines:
            row |= json.loads(lines[-1])
        else:
            tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
            row["error"] = f"exit {done_process.returncode}: {' | '.join(tail)}"
    except subprocess.TimeoutExpired:
        row["error"] = f"gave up after {min(case.timeout_s, left):.0f} s"
    finally:
        done.set()
        watcher.join()
    return row | {"nvml_bytes": peak[0] - idle, "nvml_idle_bytes": idle, "wall_s": time.monotonic() - began}


def base_of(case: Case, bases: Path) -> Path:
    """The folder of a case's base."""
    return bases / (f"{case.shape}-built" if case.built else case.shape)


def make_base(case: Case, bases: Path) -> None:
    """Write the base in a process of its own, whose memory is not the case's."""
    folder = base_of(case, bases)
    if not (folder / "config.json").exists():
        what = ["--only-config"] if case.built else []
        subprocess.run([sys.executable, "-m", "benchmarks.gpu_bases", case.shape, str(folder), *what], check=True)


def line_of(row: dict[str, Any]) -> str:
    """One line of the table."""
    if "error" in row:
        return f"{row['case']:20} {row['error'][:400]}"
    return (
        f"{row['case']:20} reserved {row['peak_reserved_bytes'] / GIB:6.2f} GiB  "
        f"nvml {row['nvml_bytes'] / GIB:6.2f} GiB  estimate {row['estimate']['reserved_bytes'] / GIB:6.2f}/"
        f"{row['estimate']['nvml_bytes'] / GIB:6.2f}  pinned {row['pinned_host_bytes'] / GIB:5.2f} GiB  "
        f"{row['step_s_median']:7.3f} s/step  loss {row['losses'][0]:.3f} -> {row['losses'][-1]:.3f}  "
        f"gradient {min(row['gradient_norms']):.3g}  {row['backend']}"
    )


def measure(case: Case, bases: Path) -> dict[str, Any]:
    """Load, train, report; in the child."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    base = base_of(case, bases)
    if case.who == "unsloth" or "run.backend=peft" not in case.changes:
        import importlib.util

        import torch

        if (
            torch.cuda.is_available()
            and importlib.util.find_spec("unsloth")
            and "train.memory=minimal" not in case.changes
        ):
            import unsloth  # noqa: F401  (before transformers and PEFT)
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    began = time.monotonic()
    model, parts = (plain_unsloth if case.who == "unsloth" else ours)(case, base)
    loss_of, optimizer, facts = parts
    load_s = time.monotonic() - began
    after_load = _reserved(torch)
    vocabulary = model.config.vocab_size
    generator = torch.Generator().manual_seed(0)
    seconds, losses, norms = [], [], []
    trained = [value for value in model.parameters() if value.requires_grad]
    for _ in range(WARM_UP + case.steps):
        ids = torch.randint(3, vocabulary, (case.accumulate, case.batch, case.tokens), generator=generator)
        _wait(torch)
        start = time.monotonic()
        total = 0.0
        targets = case.accumulate * case.batch * (case.tokens - 1)
        for batch in ids:
            loss = loss_of(batch.to(device), targets)
            loss.backward()
            total += float(loss.detach())
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained, 1.0)))
        optimizer.step()
        optimizer.zero_grad()
        _wait(torch)
        seconds.append(time.monotonic() - start)
        losses.append(total)
    assert all(math.isfinite(value) for value in losses), losses
    assert min(norms) > 0, norms
    return {
        "load_s": load_s,
        "reserved_after_load_bytes": after_load,
        "peak_reserved_bytes": _reserved(torch),
        "peak_allocated_bytes": torch.cuda.max_memory_allocated() if device.type == "cuda" else 0,
        "step_s": seconds,
        "step_s_median": statistics.median(seconds[WARM_UP:]),
        "losses": losses,
        "gradient_norms": norms,
        "trainable": sum(value.numel() for value in trained),
        "estimate": estimate_of(case, base),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "pinned_host_bytes": 0,
        **facts(),
    }


def estimate_of(case: Case, base: Path) -> dict[str, Any]:
    """What ``plan`` would have said."""
    from finetune.memory import estimate
    from finetune.presets import recipe_text
    from finetune.recipe import load_recipe

    path = base / "recipe.toml"
    path.write_text(recipe_text("llama-3.1-8b"), encoding="utf-8")
    recipe = load_recipe(path, case.recipe_changes(base), check_files=False)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    found = estimate(recipe, config, backend="unsloth" if _unsloth_runs(case) else "peft", gpu=True)
    if case.who == "unsloth":
        found = estimate(recipe, config, backend="unsloth", gpu=True, plain_unsloth=True)
    return {"reserved_bytes": found.reserved_bytes, "nvml_bytes": found.nvml_bytes, "parts": found.parts}


def _unsloth_runs(case: Case) -> bool:
    return "unsloth" in sys.modules and "run.backend=peft" not in case.changes


def plain_unsloth(case: Case, base: Path) -> tuple[Any, Any]:
    """Unsloth as its notebooks use it: 4-bit, its checkpointing, its loss, AdamW in 8 bits."""
    import torch
    from bitsandbytes.optim import AdamW8bit
    from unsloth import FastLanguageModel

    model, _ = FastLanguageModel.from_pretrained(
        model_name=str(base), max_seq_length=case.tokens, dtype=torch.bfloat16, load_in_4bit=True,
        use_exact_model_name=True,
    )  # fmt: skip
    model = FastLanguageModel.get_peft_model(
        model, r=case.rank, lora_alpha=16, lora_dropout=0, bias="none", use_gradient_checkpointing="unsloth",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], random_state=3407,
    )  # fmt: skip
    optimizer = AdamW8bit([value for value in model.parameters() if value.requires_grad], lr=2e-4)

    def loss_of(ids: Any, targets: int) -> Any:
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return model(input_ids=ids, labels=ids, use_cache=False, num_items_in_batch=targets).loss

    model.train()
    return model, (loss_of, optimizer, lambda: {"backend": "plain unsloth", "levers": []})


def ours(case: Case, base: Path) -> tuple[Any, Any]:
    """A recipe through the backend that it chooses."""
    import torch

    from finetune.backends import base as backends
    from finetune.presets import recipe_text
    from finetune.recipe import load_recipe

    path = base / f"recipe-{os.environ.get('RANK', '0')}.toml"  # processes that train together write at once
    path.write_text(recipe_text("llama-3.1-8b"), encoding="utf-8")
    recipe = load_recipe(path, case.recipe_changes(base), check_files=False)
    backend = backends.of(recipe)
    from finetune.backends import peft_backend

    if case.built:
        from transformers import AutoConfig

        from benchmarks.gpu_bases import RandomWeights
        from finetune.streamed_base import build

        device = peft_backend.device_of()
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        weights = RandomWeights(case.shape, device)
        built = build(AutoConfig.from_pretrained(str(base)), weights, device, dtype)
        model, method, settings = peft_backend.attach(recipe, built, (), 100)
        backend.engaged = peft_backend._ENGAGED.get(model)
    else:
        model, method, settings = backend.load(recipe, (), 100)
    model.train()
    optimizer = peft_backend.optimizer_of(recipe, model, method, settings)

    def loss_of(ids: Any, targets: int) -> Any:
        batch = {
            "input_ids": ids,
            "labels": ids,
            "attention_mask": torch.ones_like(ids),
            "position_ids": torch.arange(ids.shape[1], device=ids.device).expand(ids.shape),
        }
        return backend.loss(model, batch, targets)

    return model, (loss_of, optimizer, lambda: {"backend": backend.name, **backend.facts()})


def _reserved(torch: Any) -> int:
    return int(torch.cuda.max_memory_reserved()) if torch.cuda.is_available() else 0


def _wait(torch: Any) -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
