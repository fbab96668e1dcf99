"""Every edgegen.toml that the repository ships for a gateway."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from edgegen.config import load_config
from edgegen.config_keys import KEYS
from tests.brokers import GATEWAYS

FILES = sorted(GATEWAYS.glob("*/edgegen.toml"))


def test_there_are_three_boards() -> None:
    assert [file.parent.name for file in FILES] == ["generic", "raspberry-pi-5", "x86-n100"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_file_is_valid(file: Path) -> None:
    """Checked as on another machine: the password file is only on the gateway."""
    config = load_config(file, check_files=False)

    assert config.path == file
    # What the unit and the broker's files beside it promise.
    assert str(config.node.data_dir) == "/var/lib/edgegen"
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.username) == ("localhost", 1884, "edgegen")
    assert str(config.mqtt.password_file) == "/etc/edgegen/mqtt-password"
    # A whole prompt and a whole answer fit into the context.
    assert config.limits.prompt_tokens + config.limits.max_tokens <= config.model.n_ctx


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_file_sets_every_number(file: Path) -> None:
    """So that an integrator sees them all; what is left out is optional text."""
    given = tomllib.loads(file.read_text())
    missing = [key.dotted for key in KEYS if key.name not in given[key.section] and key.kind in ("integer", "number")]

    assert missing == []


def test_the_generic_numbers_are_the_defaults(tmp_path: Path) -> None:
    """So that the file and `edgegen config init` never say two things; only the broker's port differs."""
    empty = tmp_path / "edgegen.toml"
    empty.touch()
    default, generic = load_config(empty), load_config(GATEWAYS / "generic" / "edgegen.toml", check_files=False)

    for section in ("model", "limits", "telemetry"):
        assert getattr(generic, section) == getattr(default, section)
    assert dataclasses.replace(generic.update, stick=None) == default.update


@pytest.mark.parametrize("board", ["raspberry-pi-5", "x86-n100"])
def test_a_board_marks_what_differs_and_nothing_else(board: str) -> None:
    """A value stands under a comment that begins with ``board:`` exactly when it differs from the generic file's."""
    generic = tomllib.loads((GATEWAYS / "generic" / "edgegen.toml").read_text())
    differing, marked = [], []
    section, comment = "", ""
    for line in (GATEWAYS / board / "edgegen.toml").read_text().splitlines():
        if line.startswith("#"):
            comment += line
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            name, value = next(iter(tomllib.loads(line).items()))
            differing += [f"{section}.{name}"] if generic[section].get(name) != value else []
            marked += [f"{section}.{name}"] if "# board:" in comment else []
        comment = ""

    assert differing == marked
    assert differing != []
