"""The command line every benchmark has, and the folder it works in."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib import children
from lib.peers import HOW_TO_GET, Peers
from lib.quiet import Elsewhere

ROOT = Path(__file__).resolve().parents[2]
BUNDLED_MODEL = ROOT / ".cache" / "data" / "current" / "model.gguf"
RESULTS = ROOT / "docs" / "results"


@dataclass(frozen=True)
class Setting:
    """What the command line says.

    Attributes:
        folder: Temporary; gone afterwards.
        elsewhere: Counts what other processes use while the benchmark runs.
        peers: None where no llama.cpp binaries are given.
    """

    script: str
    command: str
    options: argparse.Namespace
    model: Path
    rounds: int
    threads: int
    folder: Path
    peers: Peers | None
    elsewhere: Elsewhere

    @property
    def results_file(self) -> Path | None:
        """Where ``--save`` writes."""
        return RESULTS / f"{self.script}.json" if self.options.save else None


def parser(description: str, *, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options all benchmarks have."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    result.add_argument("--model", type=Path, default=BUNDLED_MODEL, help="GGUF to measure with")
    result.add_argument(
        "--llama-bin",
        type=Path,
        default=os.environ.get("EDGEGEN_LLAMA_BIN"),
        help="folder of llama-server, llama-batched-bench and llama-bench; also $EDGEGEN_LLAMA_BIN",
    )
    result.add_argument("--rounds", type=int, default=rounds, help="times each side is measured, alternating")
    result.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="compute threads, both sides")
    result.add_argument("--save", action="store_true", help="write docs/results/<script>.json")
    return result


@contextmanager
def _setting(options: argparse.Namespace) -> Iterator[Setting]:
    if not options.model.is_file():
        sys.exit(f"{options.model}: no such file. Get it with `make run`, or name one with --model.")
    script = Path(sys.argv[0]).stem
    # The options that matter, without the folders of this machine.
    command = f".venv/bin/python benchmarks/{script}.py --rounds {options.rounds} --threads {options.threads}"
    peers = Peers(Path(options.llama_bin)) if options.llama_bin else None
    if peers is None:
        print(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="edgegen-bench-") as folder:
        yield Setting(
            script=script,
            command=command,
            options=options,
            model=options.model.resolve(),
            rounds=options.rounds,
            threads=options.threads,
            folder=Path(folder),
            peers=peers,
            elsewhere=Elsewhere(),
        )


def run(options: argparse.ArgumentParser, measure: Callable[[Setting], None]) -> None:
    """Parse, measure, clean up; Ctrl-C and SIGTERM end with status 130 and no child left."""
    children.end_on_sigterm()
    try:
        with _setting(options.parse_args()) as setting:
            measure(setting)
    except KeyboardInterrupt:
        sys.exit(130)
