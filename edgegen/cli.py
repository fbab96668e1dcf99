"""The command line: a table of commands, each imported when it runs.

``edgegen --help`` must work where neither torch nor llama_cpp is installed, and fast, so this module
knows of a command only its name, where it lives and its one-line summary.
"""

import importlib
import sys
from typing import NamedTuple

import click

from edgegen import __version__
from edgegen.errors import EdgegenError, MissingExtraError


class Command(NamedTuple):
    """Where a command lives and what it is for."""

    module: str
    extra: str | None
    summary: str


# Each module holds a click command or group called `command`.
COMMANDS = {
    "ask": Command("edgegen.commands.ask", "edge", "Ask a node over MQTT, as a device would."),
    "bundle": Command("edgegen.commands.bundle", "edge", "Sign, check, install and switch model bundles."),
    "config": Command("edgegen.commands.config", None, "Write and check the gateway's configuration."),
    "demo": Command(
        "edgegen.commands.demo", "edge,demo", "See it work: a broker, a node and a device on this machine."
    ),
    "doctor": Command("edgegen.commands.doctor", "edge", "Find what keeps this gateway from answering."),
    "evaluate": Command(
        "edgegen.commands.evaluate", "evaluate", "Measure what a model knows and what a fine-tuning changed."
    ),
    "export": Command("edgegen.commands.export", "export", "Bring a fine-tuned model to a signed, proven bundle."),
    "finetune": Command("edgegen.commands.finetune", "finetune", "Train an adapter from one recipe."),
    "model": Command("edgegen.commands.model", "edge", "List and add models."),
    "probe": Command("edgegen.commands.probe", "edge", "Test what a model knows, with honest scores."),
    "serve": Command("edgegen.commands.serve", "edge", "Run the gateway daemon."),
    "stats": Command("edgegen.commands.stats", "edge", "Show latency, throughput and memory from the store."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that one plane's packages are never another's burden."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command object.

        Raises:
            MissingExtraError: If a package of the command's plane is not installed.
        """
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = importlib.import_module(entry.module)
        except ModuleNotFoundError as error:
            raise _named(error, cmd_name) from error
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a package it imports late may be missing, too."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise _named(error, ctx.invoked_subcommand or "") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in sorted(COMMANDS)])


def _named(error: ModuleNotFoundError, command: str) -> Exception:
    """A missing package of a plane, named with the extra that brings it; our own missing module is a defect."""
    entry, missing = COMMANDS.get(command), (error.name or "").split(".")[0]
    if entry is None or entry.extra is None or missing in ("edgegen", "edge", "finetune", "export"):
        return error
    return MissingExtraError(command, entry.extra, missing)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgegen")
def cli() -> None:
    """Answer IoT devices over MQTT with a language model that runs on this gateway, offline."""


def main() -> None:
    """Run the command line; expected errors end in a message and an exit code, defects in a traceback."""
    try:
        cli.main(prog_name="edgegen")
    except EdgegenError as error:
        click.secho(f"{type(error).__name__}: {error}", err=True, fg="red" if sys.stderr.isatty() else None)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
