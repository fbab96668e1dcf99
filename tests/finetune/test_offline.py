"""Nothing of a training asks for anything outside this machine, and no library reports home."""

import socket

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from finetune.run import start
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


def test_whoever_asks_the_network_would_be_seen(asked):
    from huggingface_hub import HfApi

    with pytest.raises(Exception, match=r"no network|[Cc]onnect"):
        HfApi(endpoint="http://hub.invalid").model_info("some/where")

    assert asked
