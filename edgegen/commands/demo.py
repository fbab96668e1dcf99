"""``edgegen demo``: a broker, a node and a device on this machine."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click
import iotcore  # noqa: F401 - so that its absence is known at once, as a missing extra

from edge.report import Period, read_report
from edgegen.catalog import MODEL_FILE, add_entry, find_entry, whole_bundle
from edgegen.config_keys import default_data_dir
from edgegen.connection import BrokerAddress
from edgegen.demo.children import HOST, Child, DemoError, broker, free_port, running
from edgegen.demo.scenes import DEVICE, Player, heading
from edgegen.device import Device
from edgegen.errors import EdgegenError
from edgegen.report_table import mib, report_lines
from edgegen.shipped import BASE, shipped_bundle

NODE = "demo"
READY_S = 180.0  # a model from a slow memory card
CHECKOUT_DATA = Path(__file__).parents[2] / ".cache" / "data"

CONFIG = """\
# Written by `edgegen demo` at each start.
[node]
id = "{node}"
data_dir = '{data_dir}'

[mqtt]
host = "{host}"
port = {port}
protocol = 311 # the embedded broker has MQTT 5 on another port

[model]
bundle = '{bundle}'
base = '{base}'

[telemetry]
interval_s = 1 # so that the table has figures after seconds
"""


def _short(path: Path) -> Path:
    """The path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


class _Stopped(BaseException):
    """SIGTERM or SIGHUP: unwinds everything, so that no child is left."""


@click.command("demo")
@click.option("--once", is_flag=True, help="End after the table, with 0 when everything worked.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where models and figures are kept.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the broker.  [default: 1883 if free]")
def command(*, once: bool, data_dir: Path | None, port: int | None) -> None:
    """See it work: a broker, a node and a device on this machine.

    The first time it fetches the smallest model of the catalogue, 98 MB. Then nothing leaves this machine. It stays up
    until Ctrl-C, so that you can talk to it.

    \b
    Example:
      edgegen demo
      edgegen demo --once
    """  # noqa: D301 (click reads the \b)
    folder = (data_dir or (CHECKOUT_DATA if CHECKOUT_DATA.is_dir() else default_data_dir({}))).absolute()
    try:
        with _signals_unwind():
            problems = _demo(folder, port, once=once)
    except KeyboardInterrupt:
        click.echo()
        click.echo("Stopped.")
        return
    except _Stopped as stopped:
        sys.exit(128 + int(stopped.args[0]))
    if problems:
        raise DemoError("\n".join(["these parts of the demo did not work:", *(f"  {line}" for line in problems)]))


def _demo(data_dir: Path, port: int | None, *, once: bool) -> list[str]:
    """Run everything. Returns what did not work."""
    begun_utc = time.time()
    bundle, base = shipped_bundle(), _model(data_dir) / MODEL_FILE
    folder = data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    for log in ("broker.log", "node.log"):
        (folder / log).unlink(missing_ok=True)
    with ExitStack() as stack:
        port = port or free_port()
        children = [stack.enter_context(broker(folder, port))]
        config = folder / "edgegen.toml"
        config.write_text(
            CONFIG.format(node=NODE, data_dir=folder, host=HOST, port=port, bundle=bundle, base=base),
            encoding="utf-8",
        )
        serve = ["-m", "edgegen.cli", "serve", "--config", str(config)]
        children.append(stack.enter_context(running("node", serve, folder / "node.log")))
        device = stack.enter_context(Device(BrokerAddress(HOST, port, protocol=311), DEVICE))
        _wait_ready(device, children)
        click.echo(f"Broker on {HOST}:{port}. Node {NODE!r} answers with {bundle.name}, offline.")
        click.secho(f"Logs: {_short(folder / 'node.log')}, {_short(folder / 'broker.log')}", dim=True)
        problems = _play(Player(device, NODE, lambda: _check(children)))
        heading("Figures (edgegen stats)")
        _figures(folder, begun_utc, problems)
        if not once:
            device.close()
            _talk_to_it(port, config)
            _stay_up(children)
    return problems


def _model(data_dir: Path) -> Path:
    """The bundle of the demo's base model, fetched the first time."""
    entry = find_entry(BASE)
    bundle = whole_bundle(entry, data_dir)
    if bundle is not None:
        return bundle
    click.echo(f"Fetching {BASE} ({mib(entry.size_bytes)}, {entry.licence}) from the {entry.source}, once.")
    if not sys.stderr.isatty():
        return add_entry(entry, data_dir)
    with click.progressbar(length=entry.size_bytes, label=BASE, file=sys.stderr) as bar:
        return add_entry(entry, data_dir, progress=bar.update)


def _wait_ready(device: Device, children: list[Child]) -> None:
    """Until the node says that it is online.

    Raises:
        DemoError: If a child ends, or it takes too long.
    """
    click.secho("The node loads its model ...", dim=True)
    deadline = time.monotonic() + READY_S
    device.connection.subscribe(f"{device.base}/{NODE}/state")
    while NODE not in device.states or device.states[NODE].state != "online":
        device.receive(0.2)
        _check(children)
        if time.monotonic() > deadline:
            state = device.states.get(NODE)
            said = f"{state.state}: {state.reason}" if state else "nothing"
            raise DemoError(f"the node is not online after {READY_S:.0f} s; it says {said}. See {children[-1].log}")


def _check(children: list[Child]) -> None:
    for child in children:
        child.check()


def _play(player: Player) -> list[str]:
    """All scenes, also when one fails. Returns what did not work.

    Raises:
        DemoError: If the broker or the node ends.
    """
    problems = []
    scenes: dict[str, Callable[[], None]] = {
        "the sensor's question": player.reading,
        "the comparison of numbers": player.comparison,
        "the answer as JSON": player.command,
    }
    for name, scene in scenes.items():
        try:
            scene()
        except DemoError:
            raise
        except (EdgegenError, OSError) as error:
            click.secho(f"  {error}", fg="red")
            problems.append(f"{name}: {error}")
    return problems


def _figures(folder: Path, begun_utc: float, problems: list[str]) -> None:
    try:
        lines = report_lines(read_report(folder / "edgegen.db", Period(begun_utc)))
    except EdgegenError as error:
        problems.append(f"the figures: {error}")
        return
    for line in lines:
        click.echo(line)


def _talk_to_it(port: int, config: Path) -> None:
    heading("Talk to it, from another terminal")
    edgegen = Path(sys.argv[0]).absolute() if Path(sys.argv[0]).name == "edgegen" else Path("edgegen")
    at = f"-h {HOST} -p {port}"
    for line in (
        f"{edgegen} ask --host {HOST} --port {port} --node {NODE} 'What is MQTT? One sentence.'",
        f"mosquitto_sub {at} -v -t 'edgegen/{NODE}/res/me/#' &",
        f"mosquitto_pub {at} -q 1 -t edgegen/{NODE}/req/me/chat -m 'Why is the sky blue?'",
        f'mosquitto_pub {at} -q 1 -t edgegen/{NODE}/req/me/chat -m \'{{"id": "q1", "prompt": "Hi", "stream": true}}\'',
        f"mosquitto_sub {at} -v -C 1 -t edgegen/{NODE}/health",
        f"{edgegen} stats --config {config} --slow 3",
    ):
        click.echo(f"  {line}")
    click.echo()
    click.secho("It stays up until you press Ctrl-C.", bold=True)


def _stay_up(children: list[Child]) -> None:
    while True:
        time.sleep(0.5)
        _check(children)


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does; a second one cannot cut the end short."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
