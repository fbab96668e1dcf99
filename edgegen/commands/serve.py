"""`edgegen serve`: the gateway daemon."""

import logging
import signal
import sys
from pathlib import Path

import click

from edge.engine.supervisor import EngineProcess
from edgegen.config import Config, load_config


@click.command("serve")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--verbose", is_flag=True, help="Log every connection and dispatch.")
def command(path: Path | None, overrides: tuple[str, ...], *, verbose: bool) -> None:
    """Run the gateway daemon in the foreground, until SIGTERM or Ctrl-C.

    SIGHUP reads the configuration again. Logs go to standard error.

    \b
    Example:
      edgegen serve --config /etc/edgegen/edgegen.toml --set mqtt.host=10.0.0.2
    """  # noqa: D301
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )

    def read() -> Config:
        return load_config(path, overrides)

    # Until the daemon has its own handler: a reload that comes this early finds the configuration unread anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    config = read()
    # The engine's imports take as long as the daemon's: both run at the same time.
    engine = EngineProcess()
    try:
        from edge.daemon import Daemon  # noqa: PLC0415

        daemon = Daemon(config, read, engine)
    except BaseException:
        engine.kill()
        raise
    daemon.run()
