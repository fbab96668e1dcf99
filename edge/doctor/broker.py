"""Findings on the broker: reachable, login accepted, access list right, messages kept over a power cut.

SUBACK says "granted" for topics that the access list forbids, so rights are shown by delivery. Nothing here
disturbs a node that runs: a client id of its own, payloads that nodes ignore, topics nobody else reads. One
danger is left. A broker that takes the login as the client id would throw the node off, so doctor logs in beside
a running node only when that node holds two connections under its login, which such a broker does not allow.
"""

import re
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

from edge.doctor.finding import Finding, ok, problem, warning
from edge.doctor.node import connections, running_pid
from edgegen.config import Config
from edgegen.connection import BrokerAddress, Connection
from edgegen.device import default_device
from edgegen.errors import BrokerError, EdgegenError
from edgegen.topics import Topics

CONNECT_S = 5.0
# A broker answers in milliseconds; where the cores are busy with a model it may be late, and late is no problem.
DELIVERY_S = 5.0
RETAINED_S = 1.0  # what is kept comes with the SUBACK, and here it need not be there
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
MOSQUITTO_CONF = Path("/etc/mosquitto")
NODE_CONNECTIONS = 2  # the node's own, and the pool's


def broker(config: Config) -> Iterator[Finding]:
    """All findings on the broker, as far as each allows the next."""
    try:
        address = BrokerAddress.of_config(config.mqtt)
    except EdgegenError as error:
        yield problem("broker", str(error), "Give the node's user the right to read it.")
        return
    away = _unreachable(address)
    if away is not None:
        yield away
        return
    yield ok("broker", f"{address} accepts connections")
    reason = _why_not_log_in(config)
    if reason is not None:
        yield warning("login", f"not tried: {reason}", "Stop the node, run doctor again, start the node.")
    else:
        yield from _logged_in(config, address)
    yield from _durability(address)


def _unreachable(address: BrokerAddress) -> Finding | None:
    retry = "A node that runs tries again for ever and loses nothing; devices get no answers meanwhile."
    try:
        socket.create_connection((address.host, address.port), timeout=CONNECT_S).close()
    except socket.gaierror as error:
        return problem("broker", f"{address.host}: no such host ({error.strerror})", f"Correct mqtt.host. {retry}")
    except OSError as error:
        why = error.strerror or str(error)
        remedy = "Start it (`systemctl start mosquitto`), or correct mqtt.host and mqtt.port."
        return problem("broker", f"{address} is away: {why}", f"{remedy} {retry}")
    return None


def _why_not_log_in(config: Config) -> str | None:
    """Why a login beside the running node could throw that off its broker; None when it is safe."""
    pid = running_pid(config.node.data_dir)
    if pid is None or config.mqtt.username is None:
        return None
    held = connections(pid, config.mqtt.port) if pid else None
    if held is None:
        return "a node runs here as another user, and a second connection under its login could throw it off"
    if held < NODE_CONNECTIONS:
        return (
            f"the running node holds {held} of its {NODE_CONNECTIONS} connections; a broker with "
            "use_username_as_clientid gives a login only one, and ours would throw the node off"
        )
    return None


def _logged_in(config: Config, address: BrokerAddress) -> Iterator[Finding]:
    who = f"login {address.username!r}" if address.username else "anonymous login"
    connection = Connection(address, client_id=f"edgegen-doctor-{uuid.uuid4().hex[:8]}")
    try:
        connection.open(CONNECT_S)
    except BrokerError as error:
        yield problem("login", str(error), "The node tries again for ever; correct mqtt.username and password_file.")
        return
    except EdgegenError as error:
        yield problem("login", str(error), "Correct the TLS files of section [mqtt].")
        return
    try:
        yield ok("login", f"{who} accepted, MQTT {'5' if connection.protocol == 5 else '3.1.1'}")
        yield from _rights(config, connection)
    except BrokerError as error:
        yield problem("access", str(error), "The broker's log says why it ended the connection.")
    finally:
        connection.close()


def _rights(config: Config, connection: Connection) -> Iterator[Finding]:
    """Requests reach this login, its answers reach devices, its state is kept: by delivery."""
    topics = Topics(config.mqtt.base_topic, config.node.id)
    device = default_device(config.mqtt.username or "edgegen-doctor")
    acl = "Compare the broker's access list with firmware_configs/gateways/generic/acl."
    # An empty request: every node ignores it.
    request = topics.request(device, "generate")
    says = f"requests on {topics.requests} reach the node"
    yield _delivered(connection, topics.requests, request, b"", right=says, remedy=acl)
    answer = topics.response(device, f"doctor-{uuid.uuid4().hex[:8]}")
    says = f"answers on {topics.response('+', '+')} reach their device"
    yield _delivered(connection, answer, answer, b"doctor", right=says, remedy=acl)
    yield from _state(config, connection, topics, acl)


def _delivered(
    connection: Connection, topic_filter: str, topic: str, payload: bytes, *, right: str, remedy: str
) -> Finding:
    try:
        connection.subscribe(topic_filter)
        connection.publish(topic, payload, json=False)
    except BrokerError as error:
        if not connection.connected:
            raise
        return problem("access", str(error), remedy)
    message = connection.receive(DELIVERY_S)
    while message is not None and message.topic != topic:  # a device asks in this moment
        message = connection.receive(DELIVERY_S)
    if message is None:
        return problem("access", f"not delivered: a message on {topic}, which shows that {right}", remedy)
    return ok("access", right)


def _state(config: Config, connection: Connection, topics: Topics, acl: str) -> Iterator[Finding]:
    runs = running_pid(config.node.data_dir) is not None
    wait_s = DELIVERY_S if runs else RETAINED_S
    connection.subscribe(topics.state)
    message = connection.receive(wait_s)
    while message is not None and message.topic != topics.state:
        message = connection.receive(wait_s)
    if message is not None:
        yield ok("state", f"the broker keeps {topics.state}: {message.payload.decode('utf-8', 'replace')[:200]}")
    elif runs:
        yield problem("state", f"a node runs, and the broker keeps nothing on {topics.state}", acl)
    else:
        yield ok("state", f"nothing on {topics.state} yet: no node of this name has used this broker")


def _durability(address: BrokerAddress) -> Iterator[Finding]:
    """Whether a Mosquitto on this machine keeps what it acknowledged; a remote one cannot be looked into."""
    files = sorted(MOSQUITTO_CONF.glob("**/*.conf")) if address.host in LOCAL_HOSTS else []
    try:
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    except OSError as error:
        yield warning("durability", f"{error.filename}: {error.strerror}", "Run doctor with sudo to look into it.")
        return
    if not text:
        yield ok(
            "durability",
            "not known: the broker's files are not here. With Mosquitto, PUBACK is durable only with "
            "`persistence true`, `autosave_on_changes true` and `autosave_interval 1`",
        )
        return
    lacking = [line for line in ("persistence true", "autosave_on_changes true") if not _has(text, line)]
    if lacking:
        yield warning(
            "durability",
            f"{MOSQUITTO_CONF} lacks {' and '.join(f'`{line}`' for line in lacking)}: requests and answers that wait "
            "in the broker are lost when it is killed or the power fails",
            "Install firmware_configs/gateways/generic/mosquitto.conf as /etc/mosquitto/conf.d/edgegen.conf.",
        )
    else:
        yield ok("durability", f"{MOSQUITTO_CONF} writes every change at once")


def _has(text: str, line: str) -> bool:
    pattern = r"\s+".join(map(re.escape, line.split()))
    return re.search(rf"^\s*{pattern}\s*$", text, re.MULTILINE) is not None
