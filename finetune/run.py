"""A run from recipe to run folder: started, or gone on with."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from finetune import checkpoint, continual, parallel
from finetune.backends import peft_backend as backend
from finetune.data import load_dataset
from finetune.disk import alone_in, refusals_named
from finetune.errors import TrainingError
from finetune.plan import warnings_about
from finetune.processes import rank
from finetune.recipe import Recipe
from finetune.training.loop import Say, train
from finetune.training.record import changed_since, read_facts, recipe_as_run

_MAKE_ROOM = "Make room and run: edgegen finetune resume {folder}"


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
    if first:
        _refuse_run_in(folder)
    tokenizer = backend.load_tokenizer(recipe)
    backend.check_targets(recipe)
    continual.check(recipe, backend.load_of(recipe))
    dataset = load_dataset(recipe, tokenizer)  # before the folder exists: a wrong line leaves nothing behind
    if first:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{folder}: cannot be written: {error.strerror}. Give another run.folder.") from None
    with refusals_named(folder, "Make room, or give another run.folder."), _writing(folder):
        if first:
            _refuse_run_in(folder)  # of a process that was quicker, while our data were read
            (folder / "recipe.toml").write_text(recipe_as_run(recipe), encoding="utf-8")
        parallel.wait()
        for line in warnings_about(recipe, dataset) if first else ():
            say(f"Warning: {line}")
        with refusals_named(folder, _MAKE_ROOM.format(folder=folder)):
            return train(recipe, dataset, tokenizer, say, None)


def _refuse_run_in(folder: Path) -> None:
    """Whether something was trained into a folder already."""
    try:
        finished, begun = ((folder / name).exists() for name in ("REPORT.md", "run.json"))
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be read: {error.strerror}. Give another run.folder.") from None
    if finished:
        raise TrainingError(f"{folder}: holds a finished run already. Choose another run.folder, or move it away.")
    if begun:  # without run.json nothing was trained yet
        raise TrainingError(
            f"{folder}: holds a run already. Go on with it: edgegen finetune resume {folder}\n"
            "Or choose another run.folder."
        )


def resume(recipe: Recipe, say: Say = lambda _: None) -> Path:
    """Go on from the last checkpoint, or from the beginning when there is none.

    Raises:
        TrainingError: When data or base are no longer what they were.
    """
    folder = recipe.run.folder
    _refuse_finished(folder)
    tokenizer = backend.load_tokenizer(recipe)
    dataset = load_dataset(recipe, tokenizer)
    if (folder / "run.json").exists():
        changed = changed_since(read_facts(folder), recipe, dataset)
        if changed:
            raise TrainingError(f"{', '.join(changed)}: changed since the run began. Restore it, or start a new run.")
    with refusals_named(folder, _MAKE_ROOM.format(folder=folder)), _writing(folder):
        if rank() == 0:
            _refuse_finished(folder)  # by a process that ended while our data were read
        return train(recipe, dataset, tokenizer, say, checkpoint.latest(folder / "checkpoints"))


def _refuse_finished(folder: Path) -> None:
    if (folder / "REPORT.md").exists():
        raise TrainingError(f"{folder}: this run is finished; read {folder / 'REPORT.md'}.")


def _writing(folder: Path) -> AbstractContextManager[None]:
    return alone_in(folder) if rank() == 0 else nullcontext()
