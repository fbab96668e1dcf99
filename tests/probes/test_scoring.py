"""Margins of log-probability, by the real model and by what cannot score."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgegen.commands.probe import command

MARGINS = """
name = "margins"
summary = "Two answers each."
[[probe]]
id = "m"
category = "margin"
prompts = ["What is the capital of {of}?"]
values = [
  { of = "France", right = "The capital of France is Paris.", wrong = "The capital of France is Berlin." },
  { of = "Italy", right = "The capital of Italy is Oslo.", wrong = "The capital of Italy is Rome." },
]
check = { kind = "margin", right = "{right}", wrong = "{wrong}" }
[[probe]]
id = "asked"
category = "asked"
sampling = { temperature = 0, max_tokens = 8 }
prompts = ["Say yes."]
check = { kind = "absent", texts = ["<|"] }
"""


@pytest.mark.model
def test_the_real_model_prefers_the_right_capital(tmp_path: Path, smollm2: Path) -> None:
    """The second pair is the wrong way round on purpose: the check can fail."""
    suite = tmp_path / "margins.toml"
    suite.write_text(MARGINS)
    arguments = ["run", "--suite", str(suite), "--target", str(smollm2), "--data-dir", str(tmp_path), "--json"]

    outcome = CliRunner().invoke(command, arguments, catch_exceptions=False)

    found = {item["id"]: item for item in json.loads(outcome.stdout)["suites"][0]["items"]}
    assert found["m/0/0"]["passed"]
    assert not found["m/0/1"]["passed"]
    assert float(found["m/0/0"]["answer"]) > 1
    assert float(found["m/0/1"]["answer"]) < -1
    assert found["asked/0/0"]["passed"]


def test_a_scorer_that_cannot_load_fails_its_items_with_the_reason(tmp_path: Path) -> None:
    from edge.probes.scoring import margins
    from edge.probes.suite import Item

    item = Item("m/0/0", "m", "c", "m/0", "?", {"kind": "margin", "right": "a", "wrong": "b"})

    ((_, answer),) = margins({"model": str(tmp_path / "none.gguf")}, [item])

    assert answer.problem is not None
    assert "the scorer ended with status 1" in answer.problem
    assert "no such file" in answer.problem
