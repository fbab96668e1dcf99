"""A device: asks a node over MQTT and reads the frames of its answers, as the protocol has it.

Used by `edgegen ask`, the demo and the benchmarks. It keeps to what any device can do: it subscribes before it
publishes, repeats a request under the same id until something arrives, and drops repeated frames.
"""

import json
import re
import socket
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from edgegen.connection import BrokerAddress, Connection, Received
from edgegen.errors import BrokerError
from edgegen.frames import encode
from edgegen.protocol import NO_ID
from edgegen.topics import Topics

Frame = dict[str, Any]

# A node that is there answers within milliseconds; protocol, Delivery 9.
REPEAT_S = 5.0
# After so many silent repeats something forbids the way there or back.
REPEATS = 2
# Retained states arrive right after the subscription.
STATES_S = 2.0
RECONNECT_S = 1.0
CHECK_S = 1.0

GONE = ("offline", "stopped")
TERMINAL = ("done", "error")


@dataclass(frozen=True)
class NodeState:
    """What a node's retained ``state`` says."""

    node: str
    state: str
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.node} ({self.state})"


def default_device(username: str | None) -> str:
    """The login, to which a broker's access list binds a device; else a name after this machine."""
    name = username or f"{socket.gethostname().split('.')[0]}-ask"
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:64]


def is_terminal(frame: Mapping[str, Any]) -> bool:
    """Whether nothing follows this frame."""
    return frame["type"] in TERMINAL


class Device:
    """One device on one broker.

    Attributes:
        states: The last known state of every node seen, by node id.
    """

    def __init__(self, address: BrokerAddress, name: str, *, base_topic: str = "edgegen") -> None:
        self.name = name
        self.base = base_topic
        self.states: dict[str, NodeState] = {}
        self.connection = Connection(address, client_id=f"{name[:40]}-{uuid.uuid4().hex[:8]}")
        self._nodes: list[str] = []

    def open(self) -> Self:
        """Connect.

        Raises:
            BrokerError: If the broker is not there or refuses the login.
        """
        self.connection.open()
        return self

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def __enter__(self) -> Self:
        """Connect."""
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Hang up."""
        self.close()

    # --- nodes -----------------------------------------------------------------------------------

    def find_node(self, wanted: str | None = None, *, wait_s: float = STATES_S) -> NodeState:
        """The node to ask: the one that is wanted, else the only one there is.

        Several nodes of which one alone is alive count as one: a renamed node leaves its old state behind.

        Raises:
            BrokerError: If there is none, it is not running, or the choice is not clear.
        """
        self.connection.subscribe(Topics(self.base, "+").state)
        deadline = time.monotonic() + wait_s
        while (left := deadline - time.monotonic()) > 0 and wanted not in self.states:
            # All retained states come together: once one is here, the others follow at once.
            message = self.connection.receive(min(left, 0.2) if self.states else left)
            if message is not None:
                self._note_state(message)
            elif self.states:
                break
        return self._choose(wanted)

    def _choose(self, wanted: str | None) -> NodeState:
        seen = ", ".join(str(state) for _, state in sorted(self.states.items()))
        alive = [state for state in self.states.values() if state.state not in GONE]
        if not self.states:
            who = f"the login {self.connection.address.username!r}" if self.connection.address.username else "everyone"
            raise BrokerError(
                f"{self.connection.address}: no node under {self.base}/+/state. Start one with `edgegen serve`; "
                f"if one runs, check its base_topic and that the broker lets {who} read {self.base}/+/state."
            )
        if wanted is not None and wanted not in self.states:
            raise BrokerError(f"{self.connection.address}: there is no node {wanted!r}. Seen: {seen}.")
        if wanted is not None:
            alive = [state for state in alive if state.node == wanted]
        if not alive:
            raise BrokerError(
                f"{self.connection.address}: the node is not running: {self.states[wanted] if wanted else seen}. "
                "Start it with `edgegen serve` or `systemctl start edgegen`; `edgegen doctor` there says what is wrong."
            )
        if len(alive) > 1:
            raise BrokerError(f"{self.connection.address}: there are several nodes: {seen}. Choose one with --node.")
        return alive[0]

    def _note_state(self, message: Received) -> bool:
        prefix, suffix = f"{self.base}/", "/state"
        node = message.topic.removeprefix(prefix).removesuffix(suffix)
        if message.topic != f"{prefix}{node}{suffix}" or "/" in node:
            return False
        try:
            document = json.loads(message.payload)
            self.states[node] = NodeState(node, str(document["state"]), document.get("reason"))
        except (ValueError, KeyError, TypeError):  # emptied by hand, or not ours
            self.states.pop(node, None)
        return True

    # --- requests --------------------------------------------------------------------------------

    def listen(self, node: str) -> None:
        """Subscribe to all answers of a node to this device; before the first request, so that none is missed."""
        if node not in self._nodes:
            self.connection.subscribe(Topics(self.base, node).response(self.name, "+"))
            self._nodes.append(node)

    def send(self, node: str, verb: str, request: Mapping[str, Any], *, wait: bool = True) -> str:
        """Publish one request and return its id, made here when the request has none. Does not wait for frames.

        Args:
            wait: For the broker's acknowledgement. Without it, a burst goes out at once and a refusal is not noticed.

        Raises:
            BrokerError: If the broker does not take it.
        """
        self.listen(node)
        request_id = str(request.get("id") or uuid.uuid4().hex)
        topic = Topics(self.base, node).request(self.name, verb)
        # The same bytes in every repeat: the node tells a repeat from another request by them.
        mid = self.connection.publish_soon(
            topic, encode({"id": request_id, **request}), correlation=request_id.encode()
        )
        if wait:
            self.connection.wait_published(mid, topic)
        return request_id

    def cancel(self, node: str, request_id: str) -> None:
        """Ask the node to stop; a terminal frame follows as for any request."""
        self.send(node, "cancel", {"id": request_id})

    def receive(self, timeout_s: float) -> Frame | None:
        """The next frame for this device, whatever request it belongs to; None when none comes in time.

        Refusals whose request had no usable id carry ``id`` "_"; with MQTT 5 the id is found by correlation.

        Raises:
            BrokerError: If the connection ends.
        """
        deadline = time.monotonic() + timeout_s
        while (message := self.connection.receive(max(0.0, deadline - time.monotonic()))) is not None:
            if self._note_state(message):
                continue
            try:
                frame = json.loads(message.payload)
            except ValueError:  # the answer to a bare prompt
                continue
            if isinstance(frame, dict) and "type" in frame and "id" in frame:
                if frame["id"] == NO_ID and message.correlation:
                    frame["id"] = message.correlation.decode("ascii", "replace")
                return frame
        return None

    def ask(
        self,
        node: str,
        verb: str,
        request: Mapping[str, Any],
        *,
        timeout_s: float,
        check: Callable[[], None] = lambda: None,
    ) -> Generator[Frame]:
        """Ask and yield the frames of the answer, up to and with the terminal one; each once.

        Args:
            check: Called while it waits, at least every second; what it raises ends the wait. For who knows more of
                the node than its state, which may come back and answer.

        Raises:
            BrokerError: If nothing arrives, or the answer is not there within ``timeout_s``; then it is cancelled.
        """
        deadline = time.monotonic() + timeout_s
        request = {"id": uuid.uuid4().hex, **request}
        self.send(node, verb, request)
        repeat_at, repeats, seen = time.monotonic() + REPEAT_S, 0, set[tuple[int, int]]()
        accepted = False
        while time.monotonic() < deadline:
            check()
            try:
                frame = self.receive(min(deadline - time.monotonic(), repeat_at - time.monotonic(), CHECK_S))
            except BrokerError:
                self._reconnect(deadline, check)
                self.send(node, verb, request)
                continue
            now = time.monotonic()
            if frame is not None and self._is_mine(frame, request["id"], accepted=accepted):
                number = (frame.get("run", -1), frame.get("seq", -1))
                accepted, repeat_at = True, deadline
                if number not in seen or is_terminal(frame):
                    seen.add(number)
                    yield frame
                if is_terminal(frame):
                    return
            elif now >= repeat_at and not accepted:
                if repeats == REPEATS or (node in self.states and self.states[node].state in GONE):
                    raise BrokerError(self._silence(node, verb, now - deadline + timeout_s))
                self.send(node, verb, request)
                repeat_at, repeats = now + REPEAT_S, repeats + 1
        if not accepted:
            raise BrokerError(self._silence(node, verb, timeout_s))
        self.cancel(node, request["id"])
        raise BrokerError(
            f"{node}: no answer within {timeout_s:g} s; the request was accepted, and is cancelled now. "
            f"The node is {self.states[node].state if node in self.states else 'not known'}. "
            "Allow more time, or ask for fewer tokens."
        )

    def _is_mine(self, frame: Frame, request_id: str, *, accepted: bool) -> bool:
        # Without correlation data (MQTT 3.1.1) a refusal without an id is taken as ours until we know better.
        return frame["id"] == request_id or (frame["id"] == NO_ID and not accepted)

    def _reconnect(self, deadline: float, check: Callable[[], None]) -> None:
        """Come back after the broker was away; answers are stored, so nothing is lost but time."""
        while True:
            check()
            time.sleep(RECONNECT_S)
            self.connection.close()
            try:
                self.connection.open()
                nodes, self._nodes = self._nodes, []
                self.connection.subscribe(Topics(self.base, "+").state)
                for node in nodes:
                    self.listen(node)
            except BrokerError:
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def _silence(self, node: str, verb: str, waited_s: float) -> str:
        address, topics = self.connection.address, Topics(self.base, node)
        who = f"the login {address.username!r}" if address.username else "an anonymous client"
        state = self.states.get(node)
        hint = ""
        if address.username is not None and address.username != self.name:
            hint = f" The shipped access list binds the device's name to the login: use --device {address.username}."
        if state is not None and state.state in GONE:
            return f"{node}: nothing arrived within {waited_s:.0f} s, and the node is {state.state} now. Start it."
        return (
            f"{address}: nothing arrived within {waited_s:.0f} s, although the broker took the request and {node} is "
            f"{state.state if state else 'not seen'}. The access list probably does not let {who} write "
            f"{topics.request(self.name, verb)} or read {topics.response(self.name, '#')}.{hint}"
        )
