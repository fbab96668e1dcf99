"""The bundle of adapters in the repository."""

import hashlib
import json
import shutil

import pytest
from click.testing import CliRunner

from edge.probes.recorded import load_answers
from edgegen.bundle_verify import verify_bundle
from edgegen.catalog import find_entry
from edgegen.commands.model import command
from edgegen.manifest import MANIFEST_NAME
from edgegen.shipped import BASE, shipped_bundle, shipped_manifest

# What the repository may carry of weights.
LARGEST_BYTES = 16_000_000


def test_it_is_whole_small_and_for_the_catalogues_model():
    manifest = verify_bundle(shipped_bundle())

    assert manifest.size_bytes <= LARGEST_BYTES
    assert manifest.model is None
    assert manifest.base.sha256 == find_entry(BASE).sha256
    assert {adapter.name for adapter in manifest.adapters} == {"numbers", "iot-command", "alert-triage"}
    assert all(adapter.canary for adapter in manifest.adapters), "measured at each load"


@pytest.mark.model
def test_one_command_installs_it_with_its_base_and_asks_its_gate(tmp_path, smollm2):
    """The base lies there already, as after `make run`; what is current changes only when asked."""
    (tmp_path / "bundles").mkdir()
    shutil.copytree(smollm2.parent, tmp_path / "bundles" / smollm2.parent.name)

    done = CliRunner().invoke(
        command, ["add", shipped_manifest().name, "--data-dir", str(tmp_path), "--activate"], catch_exceptions=False
    )

    assert done.exit_code == 0, done.output
    folder = tmp_path / "bundles" / shipped_bundle().name
    assert (tmp_path / "current").resolve() == folder
    answers = load_answers(tmp_path, hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest())
    assert {answer.passed for (suite, item), answer in answers.items() if item.startswith("speaks/")} == {True}
    listed = CliRunner().invoke(command, ["list", "--data-dir", str(tmp_path), "--json"])
    row = next(row for row in json.loads(listed.output) if row["name"] == shipped_manifest().name)
    assert (row["current"], row["source"]) == (True, "edgegen itself")


def test_it_says_where_it_comes_from_and_nothing_of_the_machine():
    text = (shipped_bundle() / MANIFEST_NAME).read_text(encoding="utf-8")

    runs = json.loads(text)["lineage"]["runs"]

    assert all({"recipe_sha256", "data_sha256", "adapter_sha256"} <= set(run) for run in runs.values())
    assert not any(place in text for place in ("/root", "/home", "/work"))
