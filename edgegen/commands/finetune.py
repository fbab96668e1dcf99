"""``edgegen finetune``: train an adapter from one recipe."""

import importlib.util
import json
import logging
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from edgegen.errors import ConfigError, MissingExtraError
from edgegen.out_file import writable
from edgegen.report_table import table
from finetune.backends.base import prepare
from finetune.datasets.base import write_examples
from finetune.datasets.registry import GENERATORS
from finetune.methods.registry import METHODS
from finetune.offline import go_offline
from finetune.presets import PRESETS, recipe_text
from finetune.processes import first_speaks_first, launch, rank
from finetune.progress import Screen
from finetune.recipe import Recipe, load_recipe, recipe_of_base
from finetune.recipe_files import recipe_files, title

_recipe = click.argument("recipe", type=click.Path(path_type=Path))
_overrides = click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one value.")
_replay_out = click.option(
    "--out", type=click.Path(path_type=Path), callback=writable, required=True, help="The replay file to write."
)
_gpus = click.option(
    "--gpus", type=click.IntRange(1), default=1, show_default=True, help="Train on so many GPUs of this machine."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def _sampling(function: Callable[..., None]) -> Callable[..., None]:
    """How answers are drawn."""
    for option in reversed(
        (
            click.option(
                "--max-tokens", type=click.IntRange(1), default=256, show_default=True, help="Longest answer."
            ),
            click.option(
                "--temperature", type=click.FloatRange(0), default=0.7, show_default=True, help="0: no chance."
            ),
            click.option(
                "--top-p",
                type=click.FloatRange(0, 1, min_open=True),
                default=0.95,
                show_default=True,
                help="Choose among the likeliest tokens that hold so much of the probability.",
            ),
            click.option("--seed", type=int, default=0, show_default=True, help="The same seed writes the same text."),
            click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Answers at once."),
        )
    ):
        function = option(function)
    return function


def _on_several(gpus: int, accumulate: int, *arguments: str) -> None:
    """The same command in one process per GPU; only the first one speaks."""
    from finetune.parallel import check  # noqa: PLC0415

    check(accumulate, gpus)
    code = launch(gpus, ["finetune", *arguments])
    if code:
        raise click.exceptions.Exit(code)


@click.group()
def command() -> None:
    """Train an adapter from one recipe."""


@command.command()
@_as_json
def methods(*, as_json: bool) -> None:
    """List the methods, each with its paper, the base it needs and what it exports to.

    exact: an adapter whose logits are equal. approximate: an adapter, with its KL in the report. merge-only: the update
    has full rank, so it is merged into the base.

    \b
    Example:
        edgegen finetune methods
    """  # noqa: D301 (click reads the \b)
    if as_json:
        click.echo(json.dumps([method.as_json() for method in METHODS], indent=2))
        return
    rows = [["NAME", "BASE", "EXPORT", "PAPER"]]
    rows += [[m.name, m.base, m.export + (" *" if m.changes_base else ""), m.paper] for m in METHODS]
    for line in table(rows, numbers_from=len(rows[0])):
        click.echo(line)
    click.echo("\n  * right only on the quantised base that the training made")


@command.command()
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), default="recipe.toml")
@click.option("--base", type=click.Choice(sorted(PRESETS)), help="The base to write a recipe for.")
@click.option("--recipe", "name", metavar="NAME", help="A paper's set-up to copy out, instead; see --list.")
@click.option("--list", "only_list", is_flag=True, help="List what there is for --base and --recipe; write nothing.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def init(path: Path, *, base: str | None, name: str | None, only_list: bool, force: bool) -> None:
    """Write a commented recipe for a base, or copy out the recipe of a paper's set-up.

    PATH is recipe.toml in this folder unless you say otherwise; - writes to the screen.

    \b
    Example:
        edgegen finetune init --base smollm2-135m pumps.toml
        edgegen finetune init --list
        edgegen finetune init --recipe seed-code-r16 code.toml
    """  # noqa: D301 (click reads the \b)
    if only_list:
        rows = [["OPTION", "NAME", "WHAT IT IS FOR"]]
        rows += [["--base", preset, PRESETS[preset].title] for preset in sorted(PRESETS)]
        rows += [["--recipe", known, title(file)] for known, file in recipe_files().items()]
        for line in table(rows, numbers_from=len(rows[0])):
            click.echo(line)
        return
    if (base is None) == (name is None):
        raise click.UsageError("give one of --base and --recipe; --list shows what there is for both.")
    text = recipe_text(base) if base else _shipped_recipe(name or "")
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError([f"{path}: exists already. Use --force to replace it, or give another path."]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}. Choose another path."]) from None
    click.echo(f"Wrote {path}. Edit base.model and data.train, then run: edgegen finetune plan {path}")


@command.command()
@_recipe
@_overrides
@_as_json
@click.option(
    "--probes",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of probe suites, or an installed bundle: count the examples that ask what they ask.",
)
def data(recipe: Path, overrides: tuple[str, ...], probes: Path | None, *, as_json: bool) -> None:
    """Check the data of a recipe line by line and report lengths, duplicates and tasks; of any size, in little memory.

    \b
    Example:
        edgegen finetune data recipe.toml --probes /var/lib/edgegen/bundles/current
    """  # noqa: D301 (click reads the \b)
    loaded = load_recipe(recipe, overrides)
    _need("data", "polars", "transformers", "torch", hub=loaded.base.hub)
    from finetune.backends.peft_backend import load_tokenizer  # noqa: PLC0415
    from finetune.probes import read_questions  # noqa: PLC0415
    from finetune.survey import survey  # noqa: PLC0415

    questions = read_questions(probes) if probes else None
    figures = survey(loaded, load_tokenizer(loaded), questions)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    rows = [[name.replace("_", " "), f"{value:,}"] for name, value in figures.items() if isinstance(value, int)]
    rows += [[f"task {name or '(none)'}", f"{count:,}"] for name, count in figures["tasks"].items()]
    found = figures.get("probes", {})
    rows += [[name.replace("_", " "), f"{value:,}"] for name, value in found.items() if isinstance(value, int)]
    for line in table(rows):
        click.echo(line)
    for where in [*found.get("equal", []), *found.get("alike", [])]:
        click.echo(f"  asks what a probe asks: {where}")


@command.command()
@_recipe
@_overrides
def plan(recipe: Path, overrides: tuple[str, ...]) -> None:
    """Check a recipe whole, with its base and its data, and show what would be trained; train nothing.

    \b
    Example:
        edgegen finetune plan recipe.toml --set method.name=dora
    """  # noqa: D301 (click reads the \b)
    loaded = load_recipe(recipe, overrides)
    _need("plan", "polars", "transformers", "torch", hub=loaded.base.hub)
    from finetune.plan import plan_lines  # noqa: PLC0415

    for line in plan_lines(loaded):
        click.echo(line)


@command.command()
@_recipe
@_overrides
@_gpus
@first_speaks_first()
def run(recipe: Path, overrides: tuple[str, ...], gpus: int) -> None:
    """Train. Ctrl-C saves first; `edgegen finetune resume` goes on from there.

    \b
    Example:
        edgegen finetune run recipe.toml --set train.steps=60
        edgegen finetune run recipe.toml --gpus 2
    """  # noqa: D301 (click reads the \b)
    loaded = load_recipe(recipe, overrides)
    _need("run", "polars", "transformers", "torch", "peft", "matplotlib", hub=loaded.base.hub)
    if gpus > 1:
        _on_several(
            gpus, loaded.train.accumulate, "run", str(recipe), *(part for text in overrides for part in ("--set", text))
        )
        return
    prepare(loaded)
    from finetune.run import start  # noqa: PLC0415

    _done(start(loaded, say=_screen()))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_gpus
@first_speaks_first()
def resume(folder: Path, gpus: int) -> None:
    """Go on with a run from its last checkpoint, in the same order of data.

    \b
    Example:
        edgegen finetune resume runs/first
    """  # noqa: D301 (click reads the \b)
    if not (folder / "recipe.toml").is_file():
        raise ConfigError([f"{folder}: is no run. Give the folder that `edgegen finetune run` filled (run.folder)."])
    loaded = load_recipe(folder / "recipe.toml")
    loaded = replace(loaded, run=replace(loaded.run, folder=folder.absolute()))  # it may have been moved or copied
    _need("resume", "polars", "transformers", "torch", "peft", "matplotlib", hub=loaded.base.hub)
    if gpus > 1:
        _on_several(gpus, loaded.train.accumulate, "resume", str(folder))
        return
    prepare(loaded)
    from finetune.run import resume as resume_run  # noqa: PLC0415

    _done(resume_run(loaded, say=_screen()))


@command.command(name="import")
@click.argument("name")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--count", type=click.IntRange(1), help="So many training examples, the first.")
def import_data(name: str, source: Path, folder: Path, count: int | None) -> None:
    """Bring a local copy of a published data set into the form that recipes train on.

    NAME is alpaca, alpaca-python, math, dolly-closed-qa, dolly-extraction, cnn-dailymail or ecinstruct. FOLDER gets
    train.jsonl, validation.jsonl and test.jsonl: the set's own splits, or by hash 90, 5 and 5 of 100.

    \b
    Example:
        edgegen finetune import alpaca alpaca_data_cleaned.json data/alpaca
    """  # noqa: D301 (click reads the \b)
    _need("import", "polars")
    from finetune.loaders.published import LEFT_OUT, PUBLISHED, write_splits  # noqa: PLC0415

    if name not in PUBLISHED:
        raise ConfigError([f"{name}: unknown data set; there are: {', '.join(PUBLISHED)}."])
    written = write_splits(name, source, folder, count)
    left_out = f" {written[LEFT_OUT]:,} have no answer and were left out." if written[LEFT_OUT] else ""
    click.echo(
        f"Wrote {written['train']:,} to train on, {written['validation']:,} for validation and {written['test']:,} for "
        f"test to {folder}.{left_out}"
    )


@command.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--limit-s", type=click.FloatRange(0), help="Start no further training after so many seconds.")
@click.option("--only", multiple=True, type=click.Choice(["search", "seed", "time", "memory"]), help="Only this stage.")
@click.option("--gpu", "gpus", multiple=True, metavar="ID", help="side_by_side trainings on it; again for each.")
@click.option("--side-by-side", type=click.IntRange(1), help="So many at once, whatever SPEC says.")
@click.option("--table", "only_table", is_flag=True, help="Train nothing; write the table of what is done.")
def compare(specs: tuple[Path, ...], *, only_table: bool, **how: Any) -> None:
    """Train all methods alike and write the table: memory, time, held-out loss, answers exactly right, adapter size.

    SPEC is a TOML file (docs/finetuning.md); several share the GPUs. For each row the rate is chosen on the validation
    data from short runs (search), then one run for each seed is measured on test data; time and memory come last,
    alone. Call it again after a break: what is done is not done again. On another machine, put outcomes.jsonl into the
    folder that SPEC names, and it goes on from there; --table needs only that, SPEC and its recipe, and no GPU.

    \b
    Example:
        edgegen finetune compare compare.toml
        edgegen finetune compare compare.toml --limit-s 540
        edgegen finetune compare methods.toml steps.toml --gpu 0 --gpu 1 --side-by-side 8
        edgegen finetune compare compare.toml --table
    """  # noqa: D301 (click reads the \b)
    _need("compare", "matplotlib", *(() if only_table else ("polars", "transformers", "torch", "peft")))
    from finetune.compare import Training, read_spec, settings  # noqa: PLC0415
    from finetune.compare_run import compare as compare_all  # noqa: PLC0415
    from finetune.compare_run import tabulate  # noqa: PLC0415

    read = [read_spec(spec, check_files=not only_table) for spec in specs]
    trainings = [(spec, Training(row.name, "seed", spec.rates[0])) for spec in read for row in spec.rows]
    with suppress(ConfigError):  # which is told below with its row
        recipes = [load_recipe(s.recipe, settings(s, training), check_files=False) for s, training in trainings]
        go_offline(hub=any(recipe.base.hub for recipe in recipes))
    files = tabulate(read) if only_table else compare_all(read, click.echo, **how)
    click.echo(f"Done. Read {', '.join(map(str, files))}")


@command.command(name="try")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path, file_okay=False))
@click.argument("prompt", required=False)
@click.option("--task", help="Which adapter, where the run made one for each task.")
@click.option("--max-tokens", type=click.IntRange(1), default=128, show_default=True, help="Longest answer.")
@click.option("--temperature", type=click.FloatRange(0), default=0.0, show_default=True, help="0: the likeliest token.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same answer.")
@_as_json
def try_run(folder: Path, prompt: str | None, task: str | None, *, as_json: bool, **sampling: Any) -> None:
    """Talk to the base and to the adapter of a finished run, side by side.

    Without PROMPT it asks for one after the other; an empty line or the end of the input ends it.

    \b
    Example:
        edgegen finetune try runs/first "Which is larger, 9.11 or 9.9?"
    """  # noqa: D301 (click reads the \b)
    _need("try", "polars", "transformers", "torch", "peft")
    from finetune.generation import Sampling  # noqa: PLC0415
    from finetune.trial import Trial, side_by_side  # noqa: PLC0415

    trial, width = Trial(folder, task), shutil.get_terminal_size().columns

    def ask() -> str:
        try:
            said: str = click.prompt("you", default="", show_default=False, err=as_json)
        except click.Abort:
            click.echo(err=as_json)  # the line that the prompt began
            return ""
        return said

    asked = prompt or ask()
    while asked:
        base, adapted = trial.ask(asked, Sampling(**sampling))
        if as_json:
            click.echo(json.dumps({"prompt": asked, "base": base, "adapter": adapted}, ensure_ascii=False))
        else:
            for line in side_by_side("BASE\n" + base, "ADAPTER\n" + adapted, width):
                click.echo(line)
        asked = "" if prompt else ask()


@command.command()
@click.argument("base", metavar="RECIPE|BASE", type=click.Path(path_type=Path))
@click.option(
    "--prompts",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="One prompt a line, or JSON lines with prompt, messages or instruction.",
)
@click.option("--count", type=click.IntRange(1), help="Use the first so many prompts only.")
@_replay_out
@_sampling
def answers(base: Path, prompts: Path, out: Path, count: int | None, **sampling: Any) -> None:
    """Let a base answer prompts, as replay data that keep a fine-tune of it from forgetting.

    RECIPE|BASE is a recipe, whose base is taken, or the folder of a checkpoint. Answers that do not end within
    --max-tokens are left out.

    \b
    Example:
        edgegen finetune answers models/SmolLM2-135M-Instruct --prompts prompts.txt --out replay.jsonl
    """  # noqa: D301 (click reads the \b)
    loaded = _recipe_or_base(base)
    _need("answers", "polars", "transformers", "torch", "peft", hub=loaded.base.hub)
    from finetune.answers import read_prompts, write_answers  # noqa: PLC0415
    from finetune.generation import Sampling  # noqa: PLC0415

    written, left_out = write_answers(loaded, read_prompts(prompts)[:count], out, Sampling(**sampling), click.echo)
    click.echo(f"Wrote {written:,} answers to {out}; {left_out:,} did not end and were left out.")


@command.command()
@click.argument("base", metavar="RECIPE|BASE", type=click.Path(path_type=Path))
@click.option(
    "--chats", type=click.IntRange(0), default=1000, show_default=True, help="Questions to make up and answer."
)
@click.option("--texts", type=click.IntRange(0), default=1000, show_default=True, help="Texts, each from one token.")
@_replay_out
@_sampling
def invent(base: Path, chats: int, texts: int, out: Path, **sampling: Any) -> None:
    """Let a base make up replay data by itself: chats and plain texts, no prompts needed.

    Train on them with data.replay_loss = "kl": they then say what the base was like, not what is true.

    \b
    Example:
        edgegen finetune invent models/SmolLM2-135M-Instruct --temperature 1 --top-p 1 --out replay.jsonl
    """  # noqa: D301 (click reads the \b)
    loaded = _recipe_or_base(base)
    _need("invent", "polars", "transformers", "torch", "peft", hub=loaded.base.hub)
    from finetune.generation import Sampling  # noqa: PLC0415
    from finetune.invent import write_invented  # noqa: PLC0415

    made = write_invented(loaded, chats, texts, out, Sampling(**sampling), say=click.echo)
    click.echo(f"Wrote {made[0]:,} chats and {made[1]:,} texts to {out}.")


@command.command()
@click.argument("base", metavar="RECIPE|BASE", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--adapter", type=click.Path(path_type=Path, file_okay=False), help="The adapter folder of a run.")
@click.option("--by", default="task", show_default=True, help="The field of a line that names its group.")
@click.option("--max-tokens", type=click.IntRange(1), default=128, show_default=True, help="Longest answer.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Questions answered at once.")
@_as_json
def score(base: Path, data: Path, *, adapter: Path | None, by: str, max_tokens: int, batch: int, as_json: bool) -> None:
    """Count the answers that are exactly those of a data file, answered without chance.

    \b
    Example:
        edgegen finetune score runs/numbers/recipe.toml dev.jsonl --adapter runs/numbers/adapter
    """  # noqa: D301 (click reads the \b)
    loaded = _recipe_or_base(base)
    _need("score", "polars", "transformers", "torch", "peft", hub=loaded.base.hub)
    from finetune.generation import Sampling  # noqa: PLC0415
    from finetune.score import score as score_all  # noqa: PLC0415

    sampling = Sampling(max_tokens=max_tokens, temperature=0.0, batch=batch)
    say = (lambda _: None) if as_json else click.echo
    groups = score_all(loaded, adapter, data, by=by, sampling=sampling, say=say)
    if as_json:
        click.echo(json.dumps({name: asdict(group) for name, group in groups.items()}, ensure_ascii=False))
        return
    rows = [["GROUP", "RIGHT", "OF", "SHARE"]]
    rows += [[n, f"{g.right:,}", f"{g.of:,}", f"{g.right / g.of:.1%}"] for n, g in sorted(groups.items())]
    for line in table(rows):
        click.echo(line)
    for question, answer, reference in (wrong for group in groups.values() for wrong in group.wrong):
        click.echo(f"\n  {question}\n  answered: {answer}\n  right:    {reference}")


@command.command()
@click.argument("name", type=click.Choice(sorted(GENERATORS)))
@click.option(
    "--split", type=click.Choice(["train", "dev"]), required=True, help="Sealed questions are for probes only."
)
@click.option("--count", type=click.IntRange(min=1), required=True, help="Examples to write; no two are the same.")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="The same seed writes the same file.")
@click.option(
    "--out", type=click.Path(path_type=Path), callback=writable, required=True, help="JSON lines, in chat form."
)
def generate(name: str, *, split: str, count: int, seed: int, out: Path) -> None:
    """Write training data of one of the generators that come with edgegen.

    \b
    Example:
        edgegen finetune generate numbers --split train --count 20000 --seed 1 --out numbers.jsonl
    """  # noqa: D301 (click reads the \b)
    write_examples(GENERATORS[name], out, split=split, count=count, seed=seed)
    click.echo(f"Wrote {count} examples of {name} ({split}) to {out}")


def _shipped_recipe(name: str) -> str:
    files = recipe_files()
    if name not in files:
        raise ConfigError(
            [f"--recipe {name}: is none that comes with edgegen. List them: edgegen finetune init --list"]
        )
    return files[name].read_text(encoding="utf-8")


def _recipe_or_base(path: Path) -> Recipe:
    if not path.exists():
        raise ConfigError([f"{path}: is not there. Give a recipe, or the folder of a checkpoint."])
    return recipe_of_base(path) if path.is_dir() else load_recipe(path)


def _done(report: Path) -> None:
    if rank() == 0:
        click.echo(f"Done. Read {report}")


def _screen() -> Screen:
    """Where a run's lines go: a terminal, or a log."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return Screen(lambda text: click.echo(text, nl=False), width)


def _need(name: str, *modules: str, hub: bool = False) -> None:
    """Whether what the command imports is installed, which then fetches nothing unless ``hub`` lets it.

    Also keeps bitsandbytes' remarks on missing kernels away.
    """
    go_offline(hub=hub)
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(f"finetune {name}", "finetune", module)
