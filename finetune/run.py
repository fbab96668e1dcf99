"""One training from recipe to run folder: plan, start, resume.

The loop is our own and small, because three promises depend on it: methods act between the optimiser's step and the
next gradients (AdaLoRA), loss is averaged over learned tokens whatever the batches hold, and a resumed run equals one
that was never interrupted, to the bit on a CPU.
"""

import importlib.metadata
import itertools
import json
import math
import platform
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import torch

from edgegen.files import write_whole
from finetune import checkpoint, continual, exact, memory, parallel
from finetune.backends import base as backends
from finetune.backends import peft_backend as backend
from finetune.data import Dataset, base_sha256, file_sha256, load_dataset
from finetune.disk import alone_in, refusals_named
from finetune.errors import InterruptedRunError, TrainingError
from finetune.kept_base import keep_base
from finetune.kl import held_out_kl, summed_kl
from finetune.methods import fold as folding
from finetune.methods.base import Implementation
from finetune.packing import Plan, endless_batches, epoch_batches
from finetune.presets import toml
from finetune.processes import rank, world
from finetune.progress import step_line
from finetune.recipe import HUB, Recipe
from finetune.recipe_keys import KEYS, SECTIONS
from finetune.results import write_results

PACKAGES = ("torch", "transformers", "peft", "bitsandbytes", "tokenizers", "safetensors", "polars")
# Batches that EVA starts from and that the fold is measured on.
SAMPLE_BATCHES = 4
# Fewer than these hardly move an adapter, whose B starts at zero and whose rate warms up first.
FEW_STEPS = 20
Say = Callable[[str], None]
_MAKE_ROOM = "Make room and run: edgegen finetune resume {folder}"


def plan_lines(recipe: Recipe) -> list[str]:
    """What a run would do, after checking base, tokenizer and data, without loading a weight."""
    tokenizer = backend.load_tokenizer(recipe)
    backend.check_targets(recipe)
    dataset = load_dataset(recipe, tokenizer)
    earlier = continual.check(recipe, backend.load_of(recipe))
    steps = total_steps(recipe, dataset)
    row, train, held_out = recipe.row, recipe.train, len(dataset.validation)
    rows = f"{train.batch} x {train.accumulate} rows of up to {recipe.data.max_tokens:,}"
    tasks = f", tasks: {', '.join(dataset.tasks)}" if row.multi_task else ""
    return [
        f"Base:     {backend.describe_base(recipe)}",
        f"Data:     {len(dataset.train):,} examples ({dataset.replayed:,} replayed), {held_out:,} held out{tasks}",
        f"Method:   {row.name} ({row.paper}), rank {recipe.method.rank}, export: {row.export}. {row.note}",
        *([f"Goes on:  {continual.line(earlier, recipe)}"] if earlier else []),
        f"Training: {steps:,} steps of {rows} tokens, rate {train.lr:g}, {train.schedule}",
        *(f"Warning:  {line}" for line in warnings_about(recipe, dataset)),
        "Backend:  {}: {}".format(*backends.decide(recipe)),
        *(f"Memory:   {line}" for line in memory_lines(recipe, free_of_gpu())),
        f"Result:   {recipe.run.folder}",
    ]


def warnings_about(recipe: Recipe, dataset: Dataset) -> list[str]:
    """What a recipe and its data may do and its writer hardly wants."""
    found, held_out, steps = [], len(dataset.validation), total_steps(recipe, dataset)
    if not held_out:
        found.append(
            "nothing is held out, so nothing will say how well it does on what it has not seen, and run.patience never "
            "stops it. Raise data.validation_share, or name a data.validation."
        )
    if dataset.also_trained:
        found.append(
            f"{dataset.also_trained:,} of {held_out:,} held-out examples are trained on too, so their loss does not "
            "say how well it does on new ones. Take them out of data.validation or of data.train."
        )
    if steps < FEW_STEPS and not recipe.train.steps:
        found.append(
            f"{steps} steps teach little. Raise train.epochs ({recipe.train.epochs:g}), or lower train.batch or "
            "train.accumulate."
        )
    return found


def memory_lines(recipe: Recipe, free_bytes: int | None = None) -> list[str]:
    """What the training would take of a GPU, whether there is one here or not; empty for a base of another kind.

    Args:
        free_bytes: Of the GPU it is to run on; None without one. Where that is not enough, the first line says so.
    """
    facts, name = backend.model_facts(recipe), backends.decide(recipe)[0]
    try:
        short = None if free_bytes is None else memory.too_small(recipe, facts, free_bytes, backend=name)
        return [*([short] if short else []), *memory.lines(recipe, facts, backend=name)]
    except KeyError:
        return []


def free_of_gpu() -> int | None:
    """Bytes that are free on this process's GPU, as before it had a context there; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    # The context is there once somebody asks, its kernels are not all: generous by what they will take.
    return int(torch.cuda.mem_get_info()[0]) + memory.CONTEXT_BYTES


def memory_estimate(recipe: Recipe, name: str) -> dict[str, int]:
    """For ``run.json``: what was expected before the start; empty for a base of another kind."""
    try:
        now = memory.estimate(recipe, backend.model_facts(recipe), backend=name)
    except KeyError:
        return {}
    return {"reserved_bytes": now.reserved_bytes, "card_bytes": now.nvml_bytes}


def start(recipe: Recipe, say: Say = lambda _: None) -> Path:
    """Train from the beginning.

    Returns:
        The report.

    Raises:
        TrainingError: When the folder holds a run already, or the training fails.
        InterruptedRunError: After Ctrl-C, with a checkpoint written.
    """
    parallel.join(recipe.train.accumulate)
    folder, first = recipe.run.folder, rank() == 0
    if first and (folder / "REPORT.md").exists():
        raise TrainingError(f"{folder}: holds a finished run already. Choose another run.folder, or move it away.")
    if first and (folder / "run.json").exists():  # without it nothing was trained yet
        raise TrainingError(
            f"{folder}: holds a run already. Go on with it: edgegen finetune resume {folder}\n"
            "Or choose another run.folder."
        )
    tokenizer = backend.load_tokenizer(recipe)
    backend.check_targets(recipe)
    continual.check(recipe, backend.load_of(recipe))
    dataset = load_dataset(recipe, tokenizer)  # before the folder exists: a wrong line leaves nothing behind
    if first:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "recipe.toml").write_text(recipe_as_run(recipe), encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{folder}: cannot be written: {error.strerror}. Give another run.folder.") from None
    parallel.wait()
    for line in warnings_about(recipe, dataset) if first else ():
        say(f"Warning: {line}")
    with refusals_named(folder, _MAKE_ROOM.format(folder=folder)), _writing(folder):
        return _Run(recipe, dataset, tokenizer, say).go(None)


def resume(recipe: Recipe, say: Say = lambda _: None) -> Path:
    """Go on from the last checkpoint, or from the beginning when there is none.

    Raises:
        TrainingError: When data or base are no longer what they were.
    """
    folder = recipe.run.folder
    if (folder / "REPORT.md").exists():
        raise TrainingError(f"{folder}: this run is finished; read {folder / 'REPORT.md'}.")
    tokenizer = backend.load_tokenizer(recipe)
    dataset = load_dataset(recipe, tokenizer)
    last = checkpoint.latest(folder / "checkpoints")
    if (folder / "run.json").exists():
        before = _facts_of(folder)
        changed = [p for p, sha in before["data_sha256"].items() if dataset.sha256.get(p) != sha]
        if recipe.base.model.is_dir() and before["base_sha256"] != base_sha256(recipe.base.model):
            changed.append(str(recipe.base.model))
        earlier = continual.earlier_of(recipe)
        if earlier and earlier.sha256 != before["init_adapter"]["sha256"]:
            changed.append(str(earlier.adapter))
        if changed:
            raise TrainingError(f"{', '.join(changed)}: changed since the run began. Restore it, or start a new run.")
    with refusals_named(folder, _MAKE_ROOM.format(folder=folder)), _writing(folder):
        return _Run(recipe, dataset, tokenizer, say).go(last)


def _facts_of(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{folder / 'run.json'}: cannot be read: {error}. It says what base and data the run began with: copy it "
            "back, or start a new run."
        ) from None
    return found


def _writing(folder: Path) -> AbstractContextManager[None]:
    return alone_in(folder) if rank() == 0 else nullcontext()


def recipe_as_run(recipe: Recipe) -> str:
    """The recipe with every key and every path whole."""
    lines = ["# The recipe as it was run. Go on with: edgegen finetune resume FOLDER"]
    for section in SECTIONS:
        lines += ["", f"[{section}]"]
        for key in (key for key in KEYS if key.section == section):
            value = getattr(getattr(recipe, section), key.name)
            named = (key.dotted == "base.model" and recipe.base.hub) or str(value).startswith(HUB)
            if isinstance(value, Path) and not named:
                value = value.absolute()
            lines.append(f"# {key.name} is not set" if value is None else f"{key.name} = {toml(value)}")
    return "\n".join(lines) + "\n"


def total_steps(recipe: Recipe, dataset: Dataset) -> int:
    """Optimiser steps of the whole training."""
    if recipe.train.steps:
        return recipe.train.steps
    batches = len(epoch_batches(dataset.train, epoch=0, **_order(recipe)))
    return max(1, math.ceil(batches * recipe.train.epochs / recipe.train.accumulate))


def rate(recipe: Recipe, step: int, steps: int) -> float:
    """Learning rate of a step, counted from 0: a straight warm-up, then the schedule down to 0."""
    train = recipe.train
    warm = round(train.warmup * steps)
    if step < warm:
        return train.lr * (step + 1) / (warm + 1)
    done = (step - warm) / max(1, steps - warm)
    shapes = {"constant": 1.0, "linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done))}
    return train.lr * shapes[train.schedule]


def _order(recipe: Recipe) -> dict[str, Any]:
    return {
        "batch": recipe.train.batch,
        "max_tokens": recipe.data.max_tokens,
        "packing": recipe.data.packing,
        "seed": recipe.train.seed,
    }


class _Run:
    """One training in one process."""

    def __init__(self, recipe: Recipe, dataset: Dataset, tokenizer: Any, say: Say) -> None:
        self.recipe, self.dataset = recipe, dataset
        self.say: Say = say if rank() == 0 else lambda _: None
        self.folder = recipe.run.folder
        self.pad = int(tokenizer.pad_token_id)
        self.tokenizer = tokenizer
        self.steps = total_steps(recipe, dataset)
        self.device = backend.device_of()
        self.best: tuple[float, int] = (math.inf, 0)
        self.worse = 0  # evaluations since then
        self.pace_s = 0.0  # of a step, lately
        self.validation = epoch_batches(dataset.validation, epoch=0, **_order(recipe))
        self.replay_validation = epoch_batches(dataset.replay_validation, epoch=0, **_order(recipe))

    def go(self, last: Path | None) -> Path:
        """Train from a checkpoint, or from the start, to the report."""
        torch.manual_seed(self.recipe.train.seed)
        parallel.join(self.recipe.train.accumulate)
        self.backend = backends.of(self.recipe)
        self._check_room()
        self.model, self.method, self.settings = self.backend.load(self.recipe, self.dataset.tasks, self.steps)
        self.model.train()
        first = list(itertools.islice(endless_batches(self.dataset.train, **_order(self.recipe)), SAMPLE_BATCHES))
        self.samples = [backend.collate(plan, self.pad, self.device) for plan in first]
        self.sample_tasks = [plan.task for plan in first]
        self.method.prepare(self.model, self._plain_samples())
        train = self.recipe.train
        parallel.start_equal(self.model)
        self.optimizer = backend.optimizer_of(self.recipe, self.model, self.method, self.settings)
        # LoRA+ gives its groups different rates: keep their ratios to the rate of the recipe.
        self.ratios = [group["lr"] / train.lr for group in self.optimizer.param_groups]
        done = 0
        if last:
            notes = checkpoint.restore(last, self.model, self.optimizer, self.method)
            done, self.best, self.worse = notes["step"], (notes["best"][0], notes["best"][1]), notes.get("worse", 0)
            self.say(f"Going on after step {done} of {self.steps}.")
        self._forget_metrics_after(done)
        facts = self._facts()
        if self.device.type == "cuda":
            facts["memory_estimate"] = memory_estimate(self.recipe, self.backend.name)
        if rank() == 0:
            write_whole(self.folder / "run.json", json.dumps(facts, indent=2) + "\n")
        self._train(done)
        facts |= self.backend.facts()
        report = self._finish(facts) if rank() == 0 else self.folder / "REPORT.md"
        parallel.wait()
        return report

    def _check_room(self) -> None:
        """Say before the start what would end in an out-of-memory error."""
        free = free_of_gpu()
        if free is None:
            return
        facts = backend.model_facts(self.recipe)
        with suppress(KeyError):
            problem = memory.too_small(self.recipe, facts, free, backend=self.backend.name)
            if problem:
                raise TrainingError(f"{self.recipe.path}: {problem}")

    def _train(self, done: int) -> None:
        batches = endless_batches(self.dataset.train, **_order(self.recipe))
        accumulate = self.recipe.train.accumulate
        for _ in itertools.islice(batches, done * accumulate):
            pass  # plans are cheap; what was seen is skipped without being computed
        if done == 0:
            self._evaluate(0)
        last = done if self._out_of_patience() else self.steps
        with _interrupts() as interrupted:
            for step in range(done, last):
                self._step(step, list(itertools.islice(batches, accumulate)))
                after = step + 1
                run = self.recipe.run
                if after % run.evaluate_every == 0 or after == self.steps:
                    self.worse = 0 if self._evaluate(after) else self.worse + 1
                stop = self._out_of_patience()
                stopped = parallel.agree(interrupted)
                if after % run.checkpoint_every == 0 or after == self.steps or stop or stopped:
                    self._save(after)
                if stopped:
                    raise InterruptedRunError(
                        f"Stopped after step {after} of {self.steps}; everything is saved. "
                        f"Go on with: edgegen finetune resume {self.folder}"
                    )
                if stop:
                    self.say(f"Stopped early: no better held-out loss since step {self.best[1]}.")
                    break

    def _out_of_patience(self) -> bool:
        return bool(self.recipe.run.patience) and self.worse >= self.recipe.run.patience

    def _step(self, step: int, plans: list[Plan]) -> None:
        began = time.monotonic()
        lr = rate(self.recipe, step, self.steps)
        for group, ratio in zip(self.optimizer.param_groups, self.ratios, strict=True):
            group["lr"] = lr * ratio
        self.method.before_step(self.model, step)
        targets = max(1, sum(plan.targets for plan in plans))
        kl_tokens = sum(plan.kl_tokens for plan in plans)
        loss = kl = 0.0
        for plan in parallel.share(plans):
            self.method.use_task(self.model, plan.task)
            if learned := plan.part(kl=False):
                part = self.backend.loss(self.model, backend.collate(learned, self.pad, self.device), targets)
                part.backward()  # type: ignore[no-untyped-call]
                loss += part.item()
            if held := plan.part(kl=True):
                batch = backend.collate(held, self.pad, self.device)
                apart = summed_kl(self.model, self.method, batch) / max(1, kl_tokens)
                (self.recipe.data.replay_kl_weight * apart).backward()  # type: ignore[no-untyped-call]
                kl += apart.item()
        loss, kl = parallel.add_up(self.model, (loss, kl))
        self._must_be_finite(step, "loss", loss + kl)
        penalty = self.method.penalty(self.model)
        if penalty is not None:
            penalty.backward()  # type: ignore[no-untyped-call]
        trained = [value for value in self.model.parameters() if value.grad is not None]
        norm = float(torch.nn.utils.clip_grad_norm_(trained, self.recipe.train.clip))
        self._must_be_finite(step, "norm of the gradient", norm)  # or the step would spoil the next checkpoint
        self.optimizer.step()
        self.method.after_step(self.model, step)
        self.optimizer.zero_grad()
        seconds = time.monotonic() - began
        tokens = sum(len(sample.tokens) for plan in plans for row in plan.rows for sample in row)
        figures = {"step": step + 1, "loss": loss, "lr": lr, "grad_norm": norm, "tokens": tokens, "step_s": seconds}
        if kl_tokens:
            figures["kl"] = kl
        if penalty is not None:
            figures["penalty"] = penalty.item()
        if self.device.type == "cuda":
            figures["peak_reserved_bytes"] = torch.cuda.max_memory_reserved()
            free, whole = torch.cuda.mem_get_info()
            figures["card_bytes"] = whole - free  # PyTorch returns nothing between steps: this is the peak so far
        self._log(figures)
        self.pace_s = 0.8 * (self.pace_s or seconds) + 0.2 * seconds
        self.say(step_line(figures, self.steps, self.pace_s))

    def _must_be_finite(self, step: int, what: str, value: float) -> None:
        if math.isfinite(value):
            return
        found = f"{self.folder}: the {what} of step {step + 1} is {value}"
        if not step:
            raise TrainingError(
                f"{found}, before anything was learned: the base itself gives no number on these data. Write base.load "
                f'= "float32" (it is held in {backend.load_of(self.recipe)}), or copy {self.recipe.base.model} again.'
            )
        last = checkpoint.latest(self.folder / "checkpoints")
        saved = f"goes on from {last.name}, which is whole" if last else "begins anew, as nothing is saved yet"
        raise TrainingError(
            f"{found}. Lower train.lr ({self.recipe.train.lr:g}) or write base.load = "
            f'"float32" in {self.folder / "recipe.toml"}; then edgegen finetune resume {self.folder} {saved}.'
        )

    def _evaluate(self, step: int) -> bool:
        """Measure the held-out loss and the KL to the base; whether it is the best so far (``run.best_by``)."""
        if not self.validation:
            return True
        score = loss = backend.held_out_loss(self.model, self.method, self.validation, self.pad, self.backend.loss)
        figures, said = {"step": step, "held_out_loss": loss}, f"held-out loss {loss:.4f}"
        if self.replay_validation:
            kl = held_out_kl(self.model, self.method, self.replay_validation, self.pad)
            figures["held_out_kl"] = kl
            said += f", KL to the base {kl:.4f}"
            if self.recipe.run.best_by == "loss+kl":
                score += self.recipe.data.replay_kl_weight * kl
        self._log(figures)
        self.say(f"step {step}/{self.steps}  {said}")
        better = score < self.best[0]
        if better:
            self.best = (score, step)
            if self.recipe.run.patience and rank() == 0:
                from safetensors.torch import save_file  # noqa: PLC0415  (only here)

                save_file(checkpoint.adapter_state(self.model), self.folder / ".best.part")
                (self.folder / ".best.part").replace(self.folder / "best.safetensors")
        return better

    def _save(self, step: int) -> None:
        if rank():
            return
        checkpoint.save(
            self.folder / "checkpoints",
            self.model,
            self.optimizer,
            self.method,
            step=step,
            notes={"best": list(self.best), "worse": self.worse},
        )

    def _finish(self, facts: dict[str, Any]) -> Path:
        best = self.folder / "best.safetensors"  # there until the report is: who resumes in between needs it again
        last = checkpoint.latest(self.folder / "checkpoints")
        assert last, "the last step writes a checkpoint"
        kept = self.best[1] if best.exists() else checkpoint.step_of(last)
        if best.exists():
            checkpoint.load_adapter(self.model, best)
        shutil.copy(best if best.exists() else last / "adapter.safetensors", self.folder / "trained.safetensors")
        facts["trained_base"] = keep_base(self.model, self.folder)
        facts["exactly_right"] = self._exactly_right()
        facts["fold"] = self._export()
        rows = [json.loads(line) for line in self._metrics().read_text(encoding="utf-8").splitlines()]
        measured = {row["step"]: row for row in rows if "held_out_loss" in row}
        facts["best"] = measured.get(self.best[1])
        facts["adapter_of"] = {"step": kept, "held_out": measured.get(kept)}
        write_whole(self.folder / "run.json", json.dumps(facts, indent=2) + "\n")
        live = {"model": self.model, "method": self.method, "tokenizer": self.tokenizer}
        report = write_results(self.recipe, facts, rows, self.dataset, **live)
        best.unlink(missing_ok=True)
        return report

    def _exactly_right(self) -> dict[str, Any]:
        """By task how many held-out examples are answered exactly, of how many, and 1 or 0 for each in its order."""
        questions = exact.choose(self.dataset.validation, self.recipe.run.score)
        at_once = self.recipe.train.batch * self.recipe.data.max_tokens
        found = exact.exactly_right(self.model, self.method, questions, pad=self.pad, tokens_at_once=at_once)
        return {
            task: {"right": sum(right), "of": len(right), "each": "".join(str(int(one)) for one in right)}
            for task, right in found.items()
        }

    def _export(self) -> dict[str, Any]:
        """Write the plain adapter, one for each task, and how far its logits are from the trained model's."""
        row = self.recipe.row
        if row.export == "merge-only":
            return {"export": row.export, "adapters": {"": self._save_unfolded()}}
        self.method.calibrate(self.model, self._plain_samples())
        proofs = {}
        for task in self.dataset.tasks if row.multi_task else ("",):
            fold = self.method.fold(self.model, task or None)
            target = self.folder / "adapter" / task if task else self.folder / "adapter"
            folding.save(fold, target, base=str(self.recipe.base.model))
            proofs[task] = {
                "folder": str(target.relative_to(self.folder)),
                "size_bytes": (target / "adapter_model.safetensors").stat().st_size,
                "sha256": file_sha256(target / "adapter_model.safetensors"),
                **self._proof(self.method, task),
            }
        return {"export": row.export, "adapters": proofs}

    def _save_unfolded(self) -> dict[str, Any]:
        """The adapter in PEFT's own form, for the merge."""
        target = self.folder / "adapter"
        self.model.save_pretrained(target)
        weights = target / "adapter_model.safetensors"
        return {"folder": "adapter", "size_bytes": weights.stat().st_size, "sha256": file_sha256(weights)}

    def _proof(self, method: Implementation, task: str) -> dict[str, float]:
        """Distance of the fold from the unfolded model, on batches of the task: largest logit difference and KL."""
        batches = [b for b, t in zip(self._plain_samples(), self.sample_tasks, strict=True) if t == task or not task]
        batches = batches or self._plain_samples()
        method.settle(self.model)
        method.use_task(self.model, task)
        fold = method.fold_in_place(self.model, task or None)
        return folding.distance(self.model, batches, lambda: self.backend.in_place_of_adapter(self.model, fold))

    def _plain_samples(self) -> list[dict[str, torch.Tensor]]:
        return [{name: batch[name] for name in ("input_ids", "attention_mask")} for batch in self.samples]

    def _facts(self) -> dict[str, Any]:
        total = sum(value.numel() for value in self.model.parameters() if value.requires_grad)
        folder = self.recipe.base.model
        return {
            "method": self.recipe.row.as_json(),
            "backend": self.backend.name,
            "processes": world(),
            "device": torch.cuda.get_device_name() if self.device.type == "cuda" else platform.processor() or "CPU",
            "load": backend.load_of(self.recipe),
            "steps": self.steps,
            "trainable_parameters": total,
            "seed": self.recipe.train.seed,
            "base": str(folder),
            "base_sha256": base_sha256(folder) if folder.is_dir() else None,
            "data_sha256": self.dataset.sha256,
            "init_adapter": continual.facts_of(self.recipe),
            "recipe_sha256": file_sha256(self.folder / "recipe.toml"),
            "examples": {
                "train": len(self.dataset.train),
                "held_out": len(self.dataset.validation),
                "held_out_also_trained": self.dataset.also_trained,
            },
            "versions": {"python": platform.python_version()} | {n: _version(n) for n in PACKAGES},
        }

    def _metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    def _log(self, figures: dict[str, Any]) -> None:
        if rank():
            return
        with self._metrics().open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")

    def _forget_metrics_after(self, step: int) -> None:
        """Steps after the checkpoint are done again."""
        if rank():
            return
        file = self._metrics()
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        kept = [line for line in lines if line.endswith("}") and step and json.loads(line)["step"] <= step]
        write_whole(file, "".join(line + "\n" for line in kept))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that is filled when somebody asks us to stop; the step in hand is finished first.

    A second Ctrl-C works as usual, for those who cannot wait.
    """
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        asked.append(number)
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
