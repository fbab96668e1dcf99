"""``edgegen ask``: a device in one command."""

import json
import sys
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edgegen.config import Config, load_config
from edgegen.connection import BrokerAddress, read_password
from edgegen.device import Device, default_device, is_terminal
from edgegen.errors import BrokerError, RequestError
from edgegen.protocol import NAME_PATTERN, field_problems, is_name
from edgegen.screen import AnswerPrinter, error_of, summary

# After Ctrl-C: long enough for the node to say `cancelled`, short enough for a person.
CANCEL_S = 1.0
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
CANCELLED = {"cancelled": "the request is cancelled", "not_found": "the node had not taken the request"}


@click.command("ask")
@click.argument("prompt")
@click.option("--host", help="Broker.  [default: localhost]")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: 1883, with TLS 8883]")
@click.option("--username", help="Login at the broker.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File that holds the password alone.")
@click.option("--tls-ca-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Use TLS.")
@click.option("--protocol", type=click.Choice(["5", "311"]), help="MQTT version.  [default: what the broker speaks]")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Take all of these from the node's file."
)
@click.option("--base-topic", help="First level of every topic.  [default: edgegen]")
@click.option("--node", help="Node to ask.  [default: the only one there is]")
@click.option("--device", help="Device to be.  [default: the login, or this machine's name]")
@click.option("--adapter", metavar="NAME|auto", help="LoRA adapter to answer with.")
@click.option("--schema", metavar="FILE|JSON", help="JSON Schema that the answer must fit.")
@click.option("--system", help="Replaces the bundle's system prompt.")
@click.option("--max-tokens", type=int, help="Longest answer.")
@click.option("--temperature", type=float, help="0 always picks the likeliest token.")
@click.option("--seed", type=int, help="Makes a temperature above 0 repeatable.")
@click.option("--samples", type=int, help="Answer that often and return what most agree on (1 to 16).")
@click.option("--session", help="Chat session whose beginning the node keeps in its cache.")
@click.option("--timeout", "timeout_s", type=float, default=300.0, show_default=True, help="Seconds to wait at most.")
@click.option("--json", "as_json", is_flag=True, help="Print every frame as a line of JSON.")
def command(**options: Any) -> None:
    """Ask a node over MQTT, as a device would.

    Prints the answer as it comes, then one line of figures on standard error. PROMPT - reads standard input. Ctrl-C
    cancels the request on the node, too.

    \b
    Example:
      edgegen ask "What is MQTT? One sentence."
      edgegen ask --schema '{"type": "object", "properties": {"on": {"type": "boolean"}}}' "Turn the pump on"
      tail -n 20 pump.log | edgegen ask --node gateway-1 -
    """  # noqa: D301 (click reads the \b)
    address, base_topic, node = _whom(options)
    request = _request(options)
    device = options["device"] or default_device(address.username)
    if not is_name(device):
        raise RequestError("bad_request", f"--device {device!r}: use 1 to 64 characters of {NAME_PATTERN}")
    with Device(address, device, base_topic=base_topic) as client:
        node = client.find_node(node).node
        client.listen(node)
        _ask(client, node, request, timeout_s=options["timeout_s"], as_json=options["as_json"])


def _ask(client: Device, node: str, request: dict[str, Any], *, timeout_s: float, as_json: bool) -> None:
    """Print the answer.

    Raises:
        RequestError: The node answered with an error.
    """
    printer = AnswerPrinter()
    try:
        with closing(client.ask(node, "chat", request, timeout_s=timeout_s)) as frames:
            for frame in frames:
                if as_json:
                    click.echo(json.dumps(frame, ensure_ascii=False))
                    if frame["type"] == "error":
                        raise error_of(frame)
                else:
                    printer.show(frame)
                if frame["type"] == "done" and not as_json:
                    click.secho(summary(frame), err=True, dim=True)
    except KeyboardInterrupt:
        printer.break_off()
        said = _cancel(client, node, request["id"])
        click.echo(f"Interrupted; {said}.", err=True)
        sys.exit(INTERRUPTED)


def _cancel(client: Device, node: str, request_id: str) -> str:
    """Cancel and wait a moment for the node's word. Returns what became of the request."""
    try:
        client.cancel(node, request_id)
        while (frame := client.receive(CANCEL_S)) is not None:
            if frame["id"] == request_id and is_terminal(frame):
                return CANCELLED.get(frame.get("code", ""), "the answer was ready already")
    except BrokerError as error:
        return f"the node could not be told: {error}"
    return "the node was told to stop, and has not answered"


def _whom(options: dict[str, Any]) -> tuple[BrokerAddress, str, str | None]:
    """The broker, the base topic and the node, from the node's file and the options that win over it."""
    config: Config | None = None
    address, base_topic, node = BrokerAddress(), "edgegen", options["node"]
    if options["config_path"] is not None:
        config = load_config(options["config_path"])
        address, base_topic = BrokerAddress.of_config(config.mqtt), config.mqtt.base_topic
        node = node or config.node.id
    changes = {name: options[name] for name in ("host", "port", "username", "tls_ca_file") if options[name] is not None}
    if options["password_file"] is not None:
        changes["password"] = read_password(options["password_file"])
    if options["protocol"] is not None:
        changes["protocol"] = int(options["protocol"])
    if options["tls_ca_file"] is not None and options["port"] is None and config is None:
        changes["port"] = 8883
    return replace(address, **changes), options["base_topic"] or base_topic, node


def _request(options: dict[str, Any]) -> dict[str, Any]:
    """The request as the device sends it; the node checks it, and says what is wrong with it."""
    prompt = options["prompt"] if options["prompt"] != "-" else sys.stdin.read()
    request: dict[str, Any] = {"id": uuid.uuid4().hex}
    if options["system"] is not None:
        request["messages"] = [
            {"role": "system", "content": options["system"]},
            {"role": "user", "content": prompt},
        ]
    else:
        request["prompt"] = prompt
    for name in ("adapter", "max_tokens", "temperature", "seed", "samples", "session"):
        if options[name] is not None:
            request[name] = options[name]
    if options["schema"] is not None:
        request["schema"] = _schema(options["schema"])
    if options["samples"] in (None, 1):
        request["stream"] = True
    return request


def _schema(given: str) -> Any:
    """A JSON Schema from a file, or written on the command line.

    Raises:
        RequestError: If it is no JSON.
    """
    text, where = given, "--schema"
    if not given.lstrip().startswith("{"):
        where = f"--schema {given}"
        try:
            text = Path(given).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise RequestError("schema_invalid", f"{where}: {why}. Name a file, or write the JSON itself.") from None
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise RequestError("schema_invalid", f"{where}: not JSON: {error}") from None
    problems = field_problems("the schema", schema, {"type": "object"})
    if problems:
        raise RequestError("schema_invalid", f"{where}: {problems[0]}")
    return schema
