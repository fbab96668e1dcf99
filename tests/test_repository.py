"""What the repository says of itself is true."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from edgegen.cli import COMMANDS, cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Blocks the packages of every plane, as on a machine where only `pip install edgegen` was run.
BARE = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in set("torch llama_cpp paho psutil sqlite_utils jsonschema numpy iotcore".split()):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Block())
sys.argv = ["edgegen", *sys.argv[1:]]
from edgegen.cli import main
main()
"""


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BARE, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def leaves(group: click.Command, name: str = "") -> list[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        return [(name, group)]
    context = click.Context(group)
    return [
        leaf
        for child in group.list_commands(context)
        for leaf in leaves(group.get_command(context, child), f"{name} {child}".strip())
    ]


def test_help_needs_none_of_the_planes_packages():
    result = bare("--help")

    assert result.returncode == 0, result.stderr
    assert all(name in result.stdout for name in COMMANDS)


def test_a_command_of_a_missing_plane_says_what_to_install():
    result = bare("serve")

    assert result.returncode == 1
    assert "pip install 'edgegen[edge]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("name", "command"), leaves(cli), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_explains_itself_with_an_example(name, command):
    assert command.help, f"edgegen {name} has no help"
    assert "\b\nExample:" in command.help.replace("\b\n    ", "\b\n"), (
        f"edgegen {name} shows no example, or one that click reflows"
    )
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"edgegen {name} {parameter.opts[0]} has no help"


def test_the_readme_lists_every_command_as_it_is():
    rows = re.findall(r"^\| `edgegen (\S+)` \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert dict(rows) == {name: entry.summary for name, entry in COMMANDS.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_of_a_page_exist(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    missing = [target for target in targets if not (page.parent / target).exists()]

    assert not missing


def test_make_has_the_two_commands_of_the_readme():
    makefile = (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)):
        assert f"\n{target}:" in makefile
