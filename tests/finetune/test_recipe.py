"""A recipe is checked whole, and everything that describes its keys agrees."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from finetune.methods.registry import METHODS
from finetune.presets import PRESETS, keys_markdown, recipe_text
from finetune.recipe import load_recipe
from finetune.recipe_keys import KEYS

ROOT = Path(__file__).parent.parent.parent
BASES = "llama-3.1-8b llama-3.2-1b llama-3.2-3b smollm2-135m smollm2-360m smollm2-1.7b tinyllama-1.1b qwen2.5-1.5b"


def write(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_problems_come_at_once_each_with_its_line(tmp_path):
    path = write(
        tmp_path,
        '[base]\nmodel = "gone"\nload = "nf5"\n[data]\ntrain = 3\n[method]\nrnak = 8\nrank = "8"\n'
        'name = "lroa"\n[train]\nlr = -1\nbatch = true\n[extra]\n',
    )

    with pytest.raises(ConfigError) as caught:
        load_recipe(path, ["train.seed=x", "nonsense", "method.rang=3"])

    text = "\n".join(caught.value.problems)
    for line, what in [
        (2, "is not a folder"), (3, "must be one of: auto"), (5, "must be a path"), (7, "did you mean method.rank?"),
        (8, "must be a whole number"), (9, "unknown method"), (11, "must be more than 0"), (12, "a whole number"),
        (13, "unknown section"),
    ]:  # fmt: skip
        assert any(p.startswith(f"{path}:{line}: ") and what in p for p in caught.value.problems), (line, text)
    assert "run.folder is missing" in text
    assert text.count("--set") >= 3


def test_what_is_not_there_is_told_with_what_to_do(tmp_path):
    path = write(tmp_path, recipe_text("smollm2-135m"))
    (tmp_path / "models/SmolLM2-135M-Instruct").mkdir(parents=True)
    (tmp_path / "models/SmolLM2-135M-Instruct/config.json").write_text("{}")

    with pytest.raises(ConfigError) as caught:
        load_recipe(path, ["train.learning_rate=1", "train.lr=inf", "data.replay=gone.jsonl"])

    text = "\n".join(caught.value.problems)
    assert "holds no weights (*.safetensors). Copy the checkpoint whole" in text
    assert "train.jsonl is not a file here. Correct the path; to make one there is: edgegen finetune generate" in text
    assert "gone.jsonl is not a file here. Correct the path; to make one there is: edgegen finetune invent" in text
    assert "train.lr = inf: must be more than 0 and finite" in text
    (unknown,) = (problem for problem in caught.value.problems if "train.learning_rate" in problem)
    assert "train.lr" in unknown
    assert "run.folder" not in unknown


def test_weights_in_a_pickle_are_not_read(tmp_path):
    """A pickle can run code (CVE-2025-32434), and neither its hash nor the export knows it."""
    path = write(tmp_path, recipe_text("smollm2-135m"))
    base = tmp_path / "models/SmolLM2-135M-Instruct"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "pytorch_model.bin").write_bytes(b"")

    with pytest.raises(ConfigError, match=r"as a pickle, pytorch_model.bin, .* Get the checkpoint as safetensors"):
        load_recipe(path)


def test_a_folder_without_a_run_is_not_resumed(tmp_path):
    result = CliRunner().invoke(command, ["resume", str(tmp_path / "gone")])

    assert isinstance(result.exception, ConfigError)
    assert "gone: is no run. Give the folder that `edgegen finetune run` filled" in str(result.exception)


def test_a_file_that_is_not_toml_or_not_there_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"recipe.toml:2: not valid TOML"):
        load_recipe(write(tmp_path, "[base]\nmodel = \n"))
    with pytest.raises(ConfigError, match="does not exist"):
        load_recipe(tmp_path / "no.toml")


def test_overrides_win_and_relative_paths_start_at_the_recipe(tmp_path):
    path = write(tmp_path, recipe_text("smollm2-135m"))

    recipe = load_recipe(path, ["train.lr=5e-4", 'method.targets=["q_proj"]', "method.name=dora"], check_files=False)

    assert recipe.train.lr == 5e-4
    assert recipe.method.targets == ["q_proj"]
    assert recipe.row.export == "merge-only"
    assert recipe.run.folder == tmp_path / "runs/smollm2-135m"


@pytest.mark.parametrize(
    ("name", "load", "says"),
    [("pissa", "nf4", "needs a float base"), ("qlora", "bfloat16", "training on a 4-bit base")],
)
def test_a_method_that_cannot_run_on_the_base_says_why_and_which_can(tmp_path, name, load, says):
    path = write(tmp_path, recipe_text("smollm2-135m"))

    with pytest.raises(ConfigError, match=says) as caught:
        load_recipe(path, [f"method.name={name}", f"base.load={load}"], check_files=False)

    assert "lora" in str(caught.value)


@pytest.mark.parametrize("base", sorted(PRESETS))
def test_every_preset_is_a_recipe_that_loads_and_shows_every_key(tmp_path, base):
    text = recipe_text(base)
    recipe = load_recipe(write(tmp_path, text), check_files=False)
    shown = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())

    assert recipe.row
    for key in KEYS:
        assert f"\n{key.name} = " in shown
    assert tomllib.loads(text)


def test_the_presets_are_those_of_issue_five():
    assert sorted(PRESETS) == sorted(BASES.split())


def test_methods_lists_every_method_without_torch():
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['transformers'] = None; sys.argv = "
        "['edgegen', 'finetune', 'methods', '--json']; from edgegen.commands.finetune import command; "
        "command(['methods', '--json'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == [method.name for method in METHODS]
    assert {row["export"] for row in rows} == {"exact", "approximate", "merge-only"}


def test_init_writes_once_and_replaces_only_when_told(tmp_path):
    path = tmp_path / "r.toml"
    run = CliRunner().invoke

    assert run(command, ["init", "--base", "llama-3.1-8b", str(path)]).exit_code == 0
    assert isinstance(run(command, ["init", "--base", "llama-3.1-8b", str(path)]).exception, ConfigError)
    assert run(command, ["init", "--base", "smollm2-135m", "--force", str(path)]).exit_code == 0
    assert path.read_text() == recipe_text("smollm2-135m")


def test_every_recipe_that_comes_with_edgegen_is_listed_and_copied_out_whole(tmp_path):
    """The papers' set-ups; a copy is the file, and a recipe."""
    files = sorted((ROOT / "finetune" / "recipes").glob("*.toml"))
    listed = CliRunner().invoke(command, ["init", "--list"]).output.splitlines()

    assert len(files) > 20
    for file in files:
        copy = tmp_path / file.name
        done = CliRunner().invoke(command, ["init", "--recipe", file.stem, str(copy)])
        assert done.exit_code == 0, done.exception
        assert copy.read_bytes() == file.read_bytes()
        assert load_recipe(copy, check_files=False).run.folder.name == file.stem
        (line,) = (line for line in listed if f" {file.stem} " in line)
        assert line.split()[0] == "--recipe"
        assert file.read_text().partition("\n")[0].removeprefix("# ") in line
    assert all(any(line.split()[:2] == ["--base", name] for line in listed) for name in PRESETS)
    assert CliRunner().invoke(command, ["init", "--recipe", "seed-code-r16", "-"]).output.startswith("# An adapter")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give one of --base and --recipe"),
        (["--base", "smollm2-135m", "--recipe", "seed-code-r16"], "give one of --base and --recipe"),
        (["--recipe", "../recipe"], "--recipe ../recipe: is none that comes with edgegen. List them: "),
    ],
)
def test_init_needs_to_know_which_recipe(words, said):
    done = CliRunner().invoke(command, ["init", *words, "-"])

    assert done.exit_code != 0
    assert said in done.output + str(done.exception)


def test_the_page_on_fine_tuning_holds_the_keys_as_they_are():
    """Regenerate the part behind the marker with finetune.presets.keys_markdown."""
    page = (ROOT / "docs" / "finetuning.md").read_text(encoding="utf-8")

    assert page.partition("keys_markdown -->\n")[2].strip() == keys_markdown().strip()
