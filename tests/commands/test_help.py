"""Every command explains itself."""

import pytest
from click.testing import CliRunner

from edgegen.cli import cli


@pytest.mark.parametrize("name", ["ask", "demo", "doctor", "stats"])
def test_help_ends_with_an_example_to_paste(name: str):
    """The lines stay lines: click refills a paragraph that is not marked."""
    shown = CliRunner().invoke(cli, [name, "--help"]).output

    example = shown.split("Example:\n", 1)[1].split("Options:")[0]
    assert f"edgegen {name}" in example
    assert "\\b" not in shown
