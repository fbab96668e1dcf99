"""`make bench`: every script starts, its command repeats it, and docs/RESULTS.md says what was saved."""

import importlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.lib import page

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "benchmarks"
SAVED = sorted((ROOT / "docs" / "results").glob("*.json"))

FAILS = "import sys\nsys.exit(3)\n"
# Writes what a benchmark writes, and its own arguments beside it.
WORKS = """
import json, pathlib, sys
file = pathlib.Path(sys.argv[sys.argv.index("--json") + 1])
line = {"question": "q", "target": "<= 1", "median": 0.5, "min": 0.4, "max": 0.6, "reached": True}
file.write_text(json.dumps({"verdict": [line]}))
pathlib.Path(__file__).with_suffix(".arguments").write_text(json.dumps(sys.argv[1:]))
"""
LEFT_OUT = "print('needs a GPU')\n"


@pytest.fixture
def lib(monkeypatch: pytest.MonkeyPatch):
    """Imports a module as a script of the folder does."""
    monkeypatch.syspath_prepend(str(SCRIPTS))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in [name for name in sys.modules if name in ("lib", "suite") or name.startswith("lib.")]:
        del sys.modules[name]


def run(lib, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["suite.py", *arguments])
    return lib("suite").main()


@pytest.fixture
def scripts(lib, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with one script that fails, one that works and one that leaves itself out."""
    suite = lib("suite")
    monkeypatch.setattr(suite, "HERE", tmp_path)
    monkeypatch.setattr(suite, "end_on_sigterm", lambda: None)
    for name, text in (("a", FAILS), ("b", WORKS), ("c", LEFT_OUT)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_every_script_explains_itself():
    """All that `make bench` runs, started as it starts them: imports, options and the first line of the docstring."""
    names = [path.stem for path in SCRIPTS.glob("*.py") if path.stem not in page.APART and "gpu" not in path.stem]

    def help_of(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), "--help"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    with ThreadPoolExecutor(max_workers=2) as pool:
        shown = dict(zip(names, pool.map(help_of, names), strict=True))

    assert len(shown) > 10
    assert {name: one.stderr for name, one in shown.items() if one.returncode} == {}
    for name, one in shown.items():
        said = " ".join(one.stdout.split())
        assert {"--rounds", "--threads", "--quick", "--save"} <= set(re.findall(r"--[a-z-]+", said)), name


def test_a_saved_command_has_only_options_that_its_script_has(lib):
    """A result whose command does not run any more is measured again."""
    for path in SAVED:
        document = json.loads(path.read_text())
        script = re.fullmatch(r"\.venv/bin/python benchmarks/(\w+)\.py (.+)", document["command"])

        assert script, document["command"]
        source = "".join((SCRIPTS / name).read_text() for name in (f"{script[1]}.py", "lib/setting.py"))
        assert script[1] == path.stem
        for option in re.findall(r"--[a-z-]+", script[2]):
            assert f'"{option}"' in source, f"{path.name}: {option}"


def test_what_is_saved_agrees_with_itself():
    """Every verdict follows from its figures, and none is of a short trial."""
    assert SAVED
    for path in SAVED:
        document = json.loads(path.read_text())

        assert "--quick" not in document["command"]
        for line in document["verdict"]:
            sense, target = line["target"].split()
            reached = line["median"] >= float(target) if sense == ">=" else line["median"] <= float(target)
            assert line["reached"] == reached, line
            assert line["min"] <= line["median"] <= line["max"], line


def test_the_page_says_what_was_saved():
    """After new figures: `.venv/bin/python benchmarks/lib/page.py`."""
    text = (ROOT / "docs" / "RESULTS.md").read_text()

    assert page.filled(text, page.documents()) == text


def test_a_result_without_a_place_on_the_page_is_not_forgotten():
    found = page.documents()
    first = next(iter(found))

    with pytest.raises(ValueError, match="no place for tables_of_law"):
        page.filled((ROOT / "docs" / "RESULTS.md").read_text(), {**found, "tables_of_law": found[first]})


def test_a_question_that_was_not_measured_stands_on_the_page():
    missing = {name: document for name, document in page.documents().items() if name != "tg"}

    lines = [line for line in page.verdicts(missing, own=False) if "benchmarks/tg.py" in line[-1]]

    assert [line[3] for line in lines] == ["not measured"]


def test_a_command_repeats_every_option(lib, tmp_path, monkeypatch):
    """Also those that were left at their default, which may be another one tomorrow; no folder of this machine."""
    setting = lib("lib.setting")
    parser = setting.Parser("What?", rounds=3, programs=("llama-server",))
    parser.add_argument("--devices", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--requests", type=int, default=2)
    parser.add_argument("--big", action="store_true")
    given = ["--requests", "6", "--llama-bin", str(tmp_path), "--threads", "4", "--model", str(tmp_path / "x.gguf")]
    monkeypatch.setattr(sys, "argv", ["throughput.py", *given, "--save"])

    command = parser.command("throughput", parser.settings())

    assert command == (
        ".venv/bin/python benchmarks/throughput.py --model x.gguf --llama-bin build/peers/bin --rounds 3 --threads 4"
        " --devices 1 2 --requests 6"
    )


def test_a_quick_trial_is_short_where_nothing_else_was_said_and_is_never_saved(lib, monkeypatch, capsys):
    parser = lib("lib.setting").Parser("What?", rounds=3, quick={"devices": [1]})
    parser.add_argument("--devices", type=int, nargs="+", default=[1, 2])
    monkeypatch.setattr(sys, "argv", ["throughput.py", "--quick", "--rounds", "3"])
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")

    options = parser.settings()

    assert (options.rounds, options.devices) == (3, [1])
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.setattr(sys, "argv", ["throughput.py", "--quick", "--save"])
    with pytest.raises(SystemExit):
        parser.settings()
    assert "not to be believed" in capsys.readouterr().err


def test_without_the_peers_programs_it_says_how_to_get_them(lib, tmp_path, capsys):
    """A folder in which one is missing is none: half a comparison would look like a whole one."""
    peers = lib("lib.peers")
    (tmp_path / "llama-server").touch()

    assert peers.find(None, ["llama-server"]) is None
    assert peers.find(tmp_path, ["llama-server", "llama-bench"]) is None

    said = capsys.readouterr().out
    assert "holds no llama-bench" in said
    assert said.count("cmake --build build/peers") == 2
    assert peers.find(tmp_path, ["llama-server"]).folder == tmp_path


def test_a_python_without_the_server_says_how_to_get_it(lib, tmp_path, capsys):
    peers = lib("lib.peers")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho \"No module named 'fastapi'\" >&2\nexit 1\n")
    python.chmod(0o755)

    assert peers.find_server_python(python) is None
    assert peers.find_server_python(tmp_path / "none") is None

    said = capsys.readouterr().out
    assert "No module named 'fastapi'" in said
    assert "No such file" in said
    assert said.count("build/lcp/bin/pip install") == 2


def test_a_script_that_fails_keeps_no_other_from_running(lib, scripts, monkeypatch, capfd):
    status = run(lib, monkeypatch, "--quick")

    said = capfd.readouterr().out
    results = dict(re.findall(r"^ *([abc]) +\d+ +(.+)$", said, re.MULTILINE))
    assert results == {"a": "failed: 3", "b": "done", "c": "left out"}
    assert status == 1
    assert "0.5" in said
    assert "--quick" in json.loads((scripts / "b.arguments").read_text())


def test_some_scripts_with_other_rounds(lib, scripts, monkeypatch):
    assert run(lib, monkeypatch, "--only", "b", "c", "--rounds", "2") == 0

    arguments = json.loads((scripts / "b.arguments").read_text())
    assert arguments[-2:] == ["--rounds", "2"]
    assert not (scripts / "a.arguments").exists()


def test_scripts_for_other_machines_are_named_with_their_command(lib):
    """Nothing of the folder is forgotten: a script is run, or the reader is told how to."""
    suite = lib("suite")

    there = {path.stem for path in SCRIPTS.glob("*.py")} - {"suite"}

    assert set(suite.APART) <= there
    assert not set(suite.APART) & (set(page.ASKED) | set(page.OWN))
    assert set(page.ASKED) | set(page.OWN) <= there
