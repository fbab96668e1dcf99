"""Makes all that the comparisons in ``finetune/recipes/compare`` need, from a GGUF: one command, resumable.

    python -m finetune.compare_data OUT --gguf SmolLM2-135M-Instruct.Q4_1.gguf

About two minutes on an H100, nearly all for the replay that the base makes up. Then, for each specification in OUT:
``edgegen finetune compare OUT/methods.toml``.
"""

import shutil
from pathlib import Path

import click

from finetune.shipped import TASKS, Bench

RECIPES = Path(__file__).parent / "recipes" / "compare"
# Lines of each task. The recipe's 80 steps see about half of the training data; steps.toml trains on all that is drawn,
# of which 500 steps are two thirds.
DRAWN = 9_000
LINES = {"train": 1_500, "validation": 40, "test": 160}
REPLAY = {"chats": 600, "texts": 900}


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--gguf", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="Of the data, to try it out.")
@click.option("--replay/--no-replay", default=True, help="Whether to make up replay too, which replay.toml needs.")
def main(out: Path, gguf: Path, share: float, *, replay: bool) -> None:
    """Copy the specifications to OUT and make base, data and replay beside them."""
    bench = Bench(out.absolute(), share)
    for file in RECIPES.glob("*.toml"):
        shutil.copy(file, bench.out / file.name)
    base = bench.out / "base"
    if not (base / "config.json").exists():
        bench.finish({"base": bench.start("base", "model", "to-hf", str(gguf), str(base))})
    if not (bench.out / "train-all.jsonl").exists():
        _make_data(bench)
    if replay and not (bench.out / "replay.jsonl").exists():
        _make_replay(bench, base)
    click.echo(f"Ready: {', '.join(sorted(str(bench.out / file.name) for file in RECIPES.glob('*.toml')))}")


def _make_data(bench: Bench) -> None:
    """Validation and test are different lines of the dev split, whose wordings and values training never has.

    The recipe's training data are the first lines of all.
    """
    sizes = {name: bench.count(count) for name, count in LINES.items()}
    counts = {"train": bench.count(DRAWN), "dev": sizes["validation"] + sizes["test"]}
    running = {}
    for task in TASKS:
        for split, count in counts.items():
            file = bench.out / f"{task}.{split}.jsonl"
            options = ["--split", split, "--count", str(count), "--seed", "1", "--out", str(file)]
            running[file.stem] = bench.start(file.stem, "finetune", "generate", task, *options)
    bench.finish(running)
    parts: dict[str, list[str]] = {name: [] for name in (*LINES, "train-all")}
    for task in TASKS:
        train = (bench.out / f"{task}.train.jsonl").read_text("utf-8").splitlines()
        parts["train"] += train[: sizes["train"]]
        parts["train-all"] += train
        dev = (bench.out / f"{task}.dev.jsonl").read_text("utf-8").splitlines()
        parts["validation"] += dev[: sizes["validation"]]
        parts["test"] += dev[sizes["validation"] :]
    for name, lines in parts.items():
        (bench.out / f"{name}.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _make_replay(bench: Bench, base: Path) -> None:
    parts = {kind: bench.out / f"replay.{kind}.jsonl" for kind in REPLAY}
    running = {}
    for kind, count in REPLAY.items():
        counts = [f"--{other}={bench.count(count) if other == kind else 0}" for other in REPLAY]
        drawn = ["--temperature=0.9", "--top-p=1", "--max-tokens=160", "--batch=512", "--seed=1"]
        running[kind] = bench.start(kind, "finetune", "invent", str(base), *counts, *drawn, "--out", str(parts[kind]))
    bench.finish(running)
    text = "".join(part.read_text(encoding="utf-8") for part in parts.values())
    (bench.out / "replay.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
