"""What the demo's device does: reports a reading, asks about it, compares numbers, turns a command into JSON."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from edgegen.device import Device
from edgegen.errors import BrokerError
from edgegen.screen import AnswerPrinter, summary
from edgegen.tasks.iot_command import SCHEMA

DEVICE = "boiler-3"
READING_TOPIC = "plant/boiler-3/temperature"
READING = {"celsius": 87.4, "limit_celsius": 85.0}
ANSWER_S = 300.0  # on a slow board; usually seconds

COMMAND = "Could you switch off the heater in the workshop at 18:30, please?"
COMMAND_MEANS = {"action": "off", "device": "heater", "room": "workshop", "time": "18:30"}


class Player:
    """Plays one device on a terminal.

    Args:
        check: Called while an answer is waited for; raises when none will come.
    """

    def __init__(self, device: Device, node: str, check: Callable[[], None]) -> None:
        self._device = device
        self._node = node
        self._check = check

    def reading(self) -> None:
        """Publish a reading as any sensor would, see it arrive, ask about it."""
        heading("A sensor reports, and asks")
        self._device.connection.subscribe(READING_TOPIC)
        self._device.connection.publish(READING_TOPIC, json.dumps(READING).encode())
        message = self._device.connection.receive(5.0)
        while message is not None and message.topic != READING_TOPIC:
            message = self._device.connection.receive(5.0)
        if message is None:
            raise BrokerError(f"the reading on {READING_TOPIC} did not come back from the broker")
        arrow(READING_TOPIC, message.payload.decode())
        values = json.loads(message.payload)
        self._ask(
            f"A boiler reports {values['celsius']} degrees Celsius. Its limit is {values['limit_celsius']} degrees "
            "Celsius. Is it too hot, and what should the operator do? Answer in two short sentences.",
            max_tokens=80,
        )

    def comparison(self) -> None:
        """The question that small models get wrong, in both orders: the base, then the adapter that learned it."""
        for adapter, who in ((None, "the model as it comes"), ("numbers", 'with the adapter "numbers"')):
            heading(f"Which is larger, 9.11 or 9.9? Asked: {who}")
            for pair in ("9.11 or 9.9", "9.9 or 9.11"):
                frame = self._ask(f"Which is larger, {pair}?", max_tokens=48, temperature=0, **_over(adapter))
                chosen = larger_number(frame["text"])
                said = "right" if chosen == "9.9" else "wrong" if chosen else "no clear answer"
                verdict(f"{said}: 9.9 is larger", good=chosen == "9.9")

    def command(self) -> None:
        """An answer that fits a JSON Schema, whatever the model would rather say."""
        heading("A command becomes JSON that fits a schema")
        frame = self._ask(COMMAND, max_tokens=60, temperature=0, schema=SCHEMA, adapter="iot-command")
        document = frame.get("json")
        if document is None:
            verdict("cut before the JSON was complete", good=False)
            return
        missed = [name for name, value in COMMAND_MEANS.items() if document.get(name) != value]
        if missed:
            verdict(f"valid for the schema; misunderstood: {', '.join(missed)}", good=False)
        else:
            verdict("valid for the schema, and understood", good=True)

    def _ask(self, prompt: str, **request: Any) -> Mapping[str, Any]:
        """Ask and show everything; returns the ``done`` frame.

        Raises:
            RequestError: The node answered with an error.
            BrokerError: No answer came.
        """
        shown = {"prompt": prompt, **{k: v for k, v in request.items() if k != "schema"}}
        arrow(f"edgegen/{self._node}/req/{DEVICE}/chat", json.dumps(shown))
        if "schema" in request:
            click.secho(f"    schema {json.dumps(request['schema']['properties'])}", dim=True)
        printer = AnswerPrinter(live=sys.stdout.isatty(), err=False)
        request = {"prompt": prompt, "stream": True, **request}
        for frame in self._device.ask(self._node, "chat", request, timeout_s=ANSWER_S, check=self._check):
            if frame["type"] == "accepted":
                click.secho(f"  < edgegen/{self._node}/res/{DEVICE}/{frame['id'][:8]}...", fg="cyan")
            printer.show(frame)
        click.secho(summary(frame), dim=True)
        return frame


def _over(adapter: str | None) -> dict[str, str]:
    """The field that names an adapter; without one the base answers."""
    return {"adapter": adapter} if adapter else {}


def heading(text: str) -> None:
    """The title of a scene."""
    click.echo()
    click.secho(text, bold=True)


def arrow(topic: str, payload: str) -> None:
    """A message on its way to the broker."""
    click.secho(f"  > {topic}", fg="cyan", nl=False)
    click.echo(f"  {payload}")


def verdict(text: str, *, good: bool) -> None:
    """What is to be thought of an answer."""
    click.secho(f"  {'+' if good else '-'} {text}", fg="green" if good else "yellow")


_NUMBER = r"(?<![\d.])(9\.11|9\.9)(?![\d]|\.\d)"
_LARGER = r"(?:larger|greater|bigger|higher|largest|greatest|more)"
_SMALLER = r"(?:smaller|less|lower|smallest)"
_OTHER = {"9.11": "9.9", "9.9": "9.11"}


def larger_number(text: str) -> str | None:
    """Which of 9.11 and 9.9 an answer calls the larger; None when it says neither, or both.

    "9.9 is larger", "the larger number is 9.9", "9.9 > 9.11", "9.11 is smaller"; or it names one number alone.
    """
    claims = set()
    gap = r"[^.;\d]{0,40}?"
    for match in re.finditer(rf"{_NUMBER}{gap}\b{_LARGER}\b|{_NUMBER}\s*>", text, re.IGNORECASE):
        claims.add(match[1] or match[2])
    for match in re.finditer(rf"\b{_LARGER}\b(?!\s+than){gap}{_NUMBER}|<\s*{_NUMBER}", text, re.IGNORECASE):
        claims.add(match[1] or match[2])
    for match in re.finditer(rf"{_NUMBER}{gap}\b{_SMALLER}\b", text, re.IGNORECASE):
        claims.add(_OTHER[match[1]])
    if not claims:
        claims = set(re.findall(_NUMBER, text))
    return claims.pop() if len(claims) == 1 else None
