"""The command line every benchmark has, and the folder it works in."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import children, peers, quiet

ROOT = Path(__file__).resolve().parents[2]
BUNDLED_MODEL = ROOT / ".cache" / "data" / "current" / "model.gguf"
RESULTS = ROOT / "docs" / "results"

# What a command says of a peer: the place where the script says that it belongs, not where this machine has it.
PEERS = {"llama_bin": peers.PROGRAMS, "lcp_python": peers.SERVER_PYTHON}
# Options that change no figure.
SILENT = ("help", "save", "json")


@dataclass(frozen=True)
class Setting:
    """What the command line says.

    Attributes:
        command: Repeats the measurement: every option that has to do with it is written out, defaults included.
        folder: Temporary; gone afterwards.
        elsewhere: Counts what other processes use while the benchmark runs.
        peers: None where llama.cpp's programs are not given, or the benchmark has no use for them.
    """

    script: str
    command: str
    options: argparse.Namespace
    model: Path
    rounds: int
    threads: int
    folder: Path
    peers: peers.Peers | None
    elsewhere: quiet.Elsewhere
    patience: quiet.Patience

    @property
    def results_files(self) -> list[Path]:
        """Where the figures are written: with ``--save`` and ``--json``."""
        saved = [RESULTS / f"{self.script}.json"] if self.options.save else []
        return saved + ([self.options.json] if self.options.json else [])

    def settle(self) -> None:
        """Wait until the other processes are quiet, unless the figures don't matter."""
        self.patience.settle()


class Parser(argparse.ArgumentParser):
    """A parser with the options all benchmarks have.

    Args:
        description: The script's docstring.
        rounds: Of a measurement that is to be believed.
        programs: Of llama.cpp's, to measure beside us.
        quick: What options are with ``--quick``, where the command line doesn't say otherwise.
    """

    def __init__(
        self, description: str, *, rounds: int, programs: Sequence[str] = (), quick: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        self.programs = programs
        self._quick = {"rounds": 1, **(quick or {})}
        self.add_argument("--model", type=Path, default=BUNDLED_MODEL, help="GGUF to measure with")
        if programs:
            self.add_argument(
                "--llama-bin",
                type=Path,
                default=os.environ.get("EDGEGEN_LLAMA_BIN") or None,
                help=f"folder of {', '.join(programs)}; also $EDGEGEN_LLAMA_BIN",
            )
        self.add_argument("--rounds", type=_positive, default=rounds, help="times each side is measured, alternating")
        self.add_argument(
            "--threads", type=_positive, default=len(os.sched_getaffinity(0)), help="compute threads, both sides"
        )
        self.add_argument(
            "--quick", action="store_true", help="a short trial on a busy machine, whose figures are not to be believed"
        )
        self.add_argument("--save", action="store_true", help="write docs/results/<script>.json")
        self.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")

    def settings(self) -> argparse.Namespace:
        """The command line; exits with status 2 where it makes no sense."""
        options = self.parse_args()
        if options.quick and options.save:
            self.error("--save keeps figures for docs/RESULTS.md, and those of --quick are not to be believed")
        if options.quick:
            self.set_defaults(**self._quick)
            options = self.parse_args()
            # With OpenMP's default llama.cpp's programs all but stand still beside other work (threads.py).
            os.environ.setdefault("GOMP_SPINCOUNT", "1000")
        return options

    def command(self, script: str, options: argparse.Namespace) -> str:
        """What repeats the measurement, without the folders of this machine."""
        words = [".venv/bin/python", f"benchmarks/{script}.py"]
        for action in self._actions:
            if action.dest not in SILENT and action.option_strings:
                words += self._words(action, getattr(options, action.dest))
        return " ".join(words)

    def _words(self, action: argparse.Action, value: Any) -> list[str]:
        name = action.option_strings[0]
        if value is None or value is False:
            return []
        if value is True:
            return [name]
        if action.dest in PEERS:
            return [name, PEERS[action.dest]]
        if isinstance(value, Path):
            return [] if value == action.default else [name, _shown(value)]
        return [name, *map(str, value if isinstance(value, list) else [value])]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _shown(path: Path) -> str:
    """Within the repository as it is, elsewhere by its name."""
    absolute = path.absolute()
    return str(absolute.relative_to(ROOT)) if absolute.is_relative_to(ROOT) else path.name


@contextmanager
def _setting(parser: Parser, options: argparse.Namespace) -> Iterator[Setting]:
    if not options.model.is_file():
        sys.exit(f"{options.model}: no such file. Get it with `make run`, or name one with --model.")
    script = Path(sys.argv[0]).stem
    found = peers.find(options.llama_bin, parser.programs) if parser.programs else None
    if found is None:
        options.llama_bin = None  # the command repeats what was measured
    if "lcp_python" in options:
        options.lcp_python = peers.find_server_python(options.lcp_python)
    with tempfile.TemporaryDirectory(prefix="edgegen-bench-") as folder:
        yield Setting(
            script=script,
            command=parser.command(script, options),
            options=options,
            model=options.model.resolve(),
            rounds=options.rounds,
            threads=options.threads,
            folder=Path(folder),
            peers=found,
            elsewhere=quiet.Elsewhere(),
            patience=quiet.Patience(0.0) if options.quick else quiet.Patience(),
        )


def run(parser: Parser, measure: Callable[[Setting], None]) -> None:
    """Parse, measure, clean up; Ctrl-C and SIGTERM end with status 130 and no child left."""
    children.end_on_sigterm()
    try:
        with _setting(parser, parser.settings()) as setting:
            measure(setting)
    except KeyboardInterrupt:
        sys.exit(130)
