"""The training loop.

It is our own and small, because three promises depend on it: methods act between the optimiser's step and the next
gradients (AdaLoRA), loss is averaged over learned tokens whatever the batches hold, and a resumed run equals one that
was never interrupted, to the bit on a CPU.
"""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgegen.files import write_whole
from finetune import checkpoint, parallel
from finetune.data import Dataset
from finetune.errors import InterruptedRunError
from finetune.packing import endless_batches
from finetune.processes import rank, world
from finetune.progress import step_line
from finetune.recipe import Recipe
from finetune.training import held_out
from finetune.training.best import keep_best
from finetune.training.finish import finish
from finetune.training.interrupts import interrupts
from finetune.training.metrics import Metrics
from finetune.training.patience import Patience
from finetune.training.record import facts_of
from finetune.training.schedule import batch_order
from finetune.training.setup import Setup, set_up
from finetune.training.step import take_step

Say = Callable[[str], None]


def train(recipe: Recipe, dataset: Dataset, tokenizer: Any, say: Say, last: Path | None) -> Path:
    """Train to the report, whose path is returned.

    Args:
        last: The checkpoint to go on from; None for the beginning.

    Raises:
        TrainingError: When it cannot start or go on.
        InterruptedRunError: After Ctrl-C, with a checkpoint written.
    """
    setup = set_up(recipe, dataset, tokenizer)
    loop = _Loop(setup, say if rank() == 0 else lambda _: None)
    done = loop.restore(last) if last else 0
    loop.metrics.forget_after(done)
    facts = facts_of(setup)
    if rank() == 0:
        write_whole(setup.folder / "run.json", json.dumps(facts, indent=2) + "\n")
    loop.run(done)
    facts |= setup.backend.facts()
    report = finish(setup, facts, loop.metrics, loop.patience.step) if rank() == 0 else setup.folder / "REPORT.md"
    parallel.wait()
    return report


class _Loop:
    """Steps, evaluations and checkpoints in their turn."""

    def __init__(self, setup: Setup, say: Say) -> None:
        self.setup, self.say = setup, say
        self.metrics = Metrics(setup.folder)
        self.patience = Patience(setup.recipe.run.patience)
        self.pace_s = 0.0  # of a step, lately

    def restore(self, last: Path) -> int:
        """Go back to a checkpoint; after which step it was written."""
        setup = self.setup
        notes = checkpoint.restore(last, setup.model, setup.optimizer, setup.method)
        self.patience = Patience.from_notes(self.patience.evaluations, notes)
        done: int = notes["step"]
        self.say(f"Going on after step {done} of {setup.steps}.")
        return done

    def run(self, done: int) -> None:
        """Take the steps after the first ``done`` of them."""
        setup, run = self.setup, self.setup.recipe.run
        batches = endless_batches(setup.dataset.train, **batch_order(setup.recipe))
        accumulate = setup.recipe.train.accumulate
        for _ in itertools.islice(batches, done * accumulate):
            pass  # plans are cheap; what was seen is skipped without being computed
        if done == 0:
            self._evaluate(0)
        last = done if self.patience.is_out else setup.steps
        with interrupts() as interrupted:
            for step in range(done, last):
                figures = take_step(setup, step, list(itertools.islice(batches, accumulate)))
                self._tell(figures)
                after = step + 1
                if after % run.evaluate_every == 0 or after == setup.steps:
                    self.patience.worse = 0 if self._evaluate(after) else self.patience.worse + 1
                stop = self.patience.is_out
                stopped = parallel.agree(interrupted)
                if after % run.checkpoint_every == 0 or after == setup.steps or stop or stopped:
                    self._save(after)
                if stopped:
                    as_now = f" --gpus {world()}" if world() > 1 else ""
                    raise InterruptedRunError(
                        f"Stopped after step {after} of {setup.steps}; everything is saved. "
                        f"Go on with: edgegen finetune resume {setup.folder}{as_now}"
                    )
                if stop:
                    self.say(f"Stopped early: no better held-out loss since step {self.patience.step}.")
                    break

    def _tell(self, figures: dict[str, Any]) -> None:
        self.metrics.add(figures)
        seconds = figures["step_s"]
        self.pace_s = 0.8 * (self.pace_s or seconds) + 0.2 * seconds
        self.say(step_line(figures, self.setup.steps, self.pace_s))

    def _evaluate(self, step: int) -> bool:
        """Measure what is held out; whether it is the best so far, as it is where nothing is held out."""
        setup, recipe = self.setup, self.setup.recipe
        if not setup.validation:
            return True
        found = held_out.measure(setup)
        self.metrics.add({"step": step, **found})
        self.say(f"step {step}/{setup.steps}  {held_out.in_words(found)}")
        better = self.patience.is_best(held_out.score(recipe, found), step)
        if better and recipe.run.patience and rank() == 0:
            keep_best(setup.model, setup.folder)
        return better

    def _save(self, step: int) -> None:
        if rank():
            return
        setup = self.setup
        checkpoint.save(
            setup.folder / "checkpoints",
            setup.model,
            setup.optimizer,
            setup.method,
            step=step,
            notes=self.patience.notes(),
        )
