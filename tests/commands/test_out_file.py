"""Files that commands write at the end of their work."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edgegen.cli import cli
from edgegen.errors import ConfigError

# Each would work for minutes or more before it writes.
LONG = [
    ["evaluate", "run", "model.gguf", "--task", "sums", "--out"],
    ["evaluate", "drift", "model.gguf", "--out"],
    ["finetune", "answers", "base", "--prompts", "prompts.txt", "--out"],
    ["finetune", "invent", "base", "--out"],
    ["finetune", "generate", "numbers", "--split", "train", "--count", "90000", "--seed", "1", "--out"],
    ["probe", "calibrate", "results.json", "--out"],
    ["probe", "calibrate", "results.json", "--plot"],
]


@pytest.mark.parametrize("words", LONG, ids=lambda words: " ".join((*words[:2], words[-1])))
def test_a_place_that_cannot_be_written_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Not even the model is looked for: there is none."""
    monkeypatch.chdir(tmp_path)
    for name in ("prompts.txt", "results.json"):
        (tmp_path / name).write_text("What is 1?\n")

    missing, folder = (CliRunner().invoke(cli, [*words, out]).exception for out in ("nowhere/found.svg", "."))

    assert isinstance(missing, ConfigError)
    assert str(missing) == (
        f"{words[-1]} nowhere/found.svg: there is no folder nowhere. Make it, or choose another file."
    )
    assert str(folder) == f"{words[-1]} .: is a folder. Name a file in it."


def test_a_name_that_no_file_can_have_is_told_in_a_sentence() -> None:
    out = "x" * 300

    outcome = CliRunner().invoke(cli, ["evaluate", "drift", "model.gguf", "--out", out])

    assert str(outcome.exception) == f"--out {out}: cannot be written: File name too long. Choose another file."
