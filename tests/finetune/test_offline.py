"""Nothing of a training asks for anything outside this machine, and no library reports home."""

import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from finetune import offline
from finetune.run import start
from finetune.training.record import recipe_as_run
from tests.finetune.runs import recipe_at


@pytest.fixture
def asked(monkeypatch):
    """The names and addresses that anything in this process asks for; no answer comes."""
    found = []

    def refuse(*what, **_):
        found.append(what)
        raise OSError("there is no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return found


@pytest.mark.parametrize("method", ["lora", "dora", "eva"])
def test_a_run_its_plan_its_data_and_its_trial_ask_for_nothing(bench, tmp_path, asked, method):
    """DoRA is saved by PEFT itself, which looks bases up on the hub where it finds no folder."""
    start(recipe_at(bench, tmp_path / "run", f"method.name={method}", "run.samples=1", "train.steps=2"))
    for words in (["data"], ["plan"]):
        done = CliRunner().invoke(command, [*words, str(tmp_path / "run/recipe.toml")], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    tried = CliRunner().invoke(command, ["try", str(tmp_path / "run"), "1+1", "--max-tokens", "2"])

    assert tried.exit_code == 0, tried.output
    assert not asked


@pytest.mark.parametrize(("hub", "offline"), [("false", "True"), ("true", "False")])
def test_the_hub_is_switched_off_before_its_client_is_imported(bench, tmp_path, hub, offline):
    """The client reads its environment once, and bitsandbytes asks it for kernels when it is imported."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe_as_run(recipe_at(bench, tmp_path / "run")).replace("hub = false", f"hub = {hub}"))
    code = (
        "import sys; from edgegen.commands.finetune import command; command(sys.argv[1:], standalone_mode=False)\n"
        "from huggingface_hub import constants as c; print(c.HF_HUB_OFFLINE, c.HF_HUB_DISABLE_TELEMETRY)"
    )

    words = [sys.executable, "-c", code, "plan", str(recipe)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)

    assert done.stdout.splitlines()[-1] == f"{offline} True", done.stdout + done.stderr


@pytest.mark.parametrize(("given", "expected"), [(None, [True, False, True]), ("1", [True, True, True])])
def test_a_library_that_is_there_already_is_switched_too(monkeypatch, given, expected):
    from huggingface_hub import constants

    monkeypatch.setattr(offline, "_GIVEN", given)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_OFFLINE", given or "0")

    found = []
    for hub in (False, True, False):
        offline.go_offline(hub=hub)
        found.append(constants.HF_HUB_OFFLINE)

    assert found == expected


def test_whoever_asks_the_network_would_be_seen(asked, monkeypatch):
    from huggingface_hub import HfApi

    monkeypatch.setattr(offline, "_GIVEN", None)
    offline.go_offline(hub=True)
    with pytest.raises(Exception, match=r"no network|[Cc]onnect"):
        HfApi(endpoint="http://hub.invalid").model_info("some/where")

    assert asked
