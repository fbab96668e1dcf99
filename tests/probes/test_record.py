"""Scores in a bundle's manifest, and the gate that compares with them; with the real model."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.probes.recorded import load_answers
from edge.store import Store
from edgegen.bundle import BaseModel, create_bundle, read_manifest
from edgegen.bundle_verify import verify_bundle
from edgegen.commands.bundle import command as bundle
from edgegen.commands.probe import command as probe
from edgegen.errors import BundleError

OWN = """
name = "{name}"
summary = "One question, eight times."
[sampling]
temperature = 0
max_tokens = 16
[[probe]]
id = "p"
category = "c"
prompts = ["What is 2 + 2?"]
values = [{{ n = 1 }}, {{ n = 2 }}, {{ n = 3 }}, {{ n = 4 }}, {{ n = 5 }}, {{ n = 6 }}, {{ n = 7 }}, {{ n = 8 }}]
check = {{ kind = "absent", texts = ["{absent}"] }}
"""


@pytest.mark.model
def test_a_bundle_that_answers_worse_than_recorded_is_not_made_current(tmp_path: Path, smollm2: Path) -> None:
    """The record says 8 of 8; a gateway whose model gets none right (here: another check) refuses it."""
    suites = {"probes/gate.toml": OWN.format(name="gate", absent="Atlantis").encode()}
    made = create_bundle(
        tmp_path, {"model.gguf": smollm2, **suites}, name="small", version="1.0.0", base=BaseModel("SmolLM2", "0" * 64)
    )
    data = tmp_path / "data"

    recorded = CliRunner().invoke(probe, ["record", str(made), "--data-dir", str(data)], catch_exceptions=False)

    assert recorded.exit_code == 0
    assert read_manifest(made).measured["probes"] == {"gate": {"passed": 8, "total": 8}}
    verify_bundle(made)
    install = ["install", str(made), "--data-dir", str(data), "--allow-unsigned"]
    taken = CliRunner().invoke(bundle, install, catch_exceptions=False)
    assert "small-1.0.0 is current" in taken.output
    store = Store(data / "edgegen.db")
    (row,) = store.query("SELECT suite, passed, total, model_sha256 FROM probe_scores WHERE category = ''")
    store.close()
    assert (row["suite"], row["passed"], row["total"]) == ("gate", 8, 8)
    assert len(load_answers(data, row["model_sha256"])) == 8

    worse = {"probes/gate.toml": OWN.format(name="gate", absent="4").encode()}
    other = create_bundle(
        tmp_path,
        {"model.gguf": smollm2, **worse},
        name="small",
        version="1.1.0",
        base=BaseModel("SmolLM2", "0" * 64),
        measured={"probes": {"gate": {"passed": 8, "total": 8}}},
    )
    refused = CliRunner().invoke(bundle, ["install", str(other), "--data-dir", str(data), "--allow-unsigned"])
    assert isinstance(refused.exception, BundleError)
    assert "its maker recorded 8 of 8" in str(refused.exception)


@pytest.mark.model
def test_a_bundles_own_suite_is_run_by_its_name(tmp_path: Path, smollm2: Path) -> None:
    suites = {"probes/pumps.toml": OWN.format(name="pumps", absent="Atlantis").encode()}
    made = create_bundle(
        tmp_path, {"model.gguf": smollm2, **suites}, name="small", version="1.0.0", base=BaseModel("SmolLM2", "0" * 64)
    )
    where = ["--data-dir", str(tmp_path / "data"), "--set", f'model.bundle="{made}"']

    outcome = CliRunner().invoke(probe, ["run", "--suite", "pumps", "--json", *where], catch_exceptions=False)

    (suite,) = json.loads(outcome.stdout)["suites"]
    assert (suite["suite"], suite["passed"], suite["total"]) == ("pumps", 8, 8)


def test_a_signed_bundle_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "bundle.sig").write_text("{}")

    outcome = CliRunner().invoke(probe, ["record", str(tmp_path)])

    assert isinstance(outcome.exception, BundleError)
    assert "Record the scores before signing" in str(outcome.exception)
