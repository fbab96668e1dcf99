"""Every configuration key, described once: its default, unit, reason and check.

The defaults, the commented file of ``edgegen config init`` and the table in the documentation are
generated from ``KEYS``, so they cannot disagree.
"""

import os
import re
import socket
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SYSTEM_DATA_DIR = Path("/var/lib/edgegen")
NODE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")

Kind = Literal["string", "integer", "number", "path", "folder", "bundle"]
Given = Mapping[str, Any]
Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Key:
    """One key of the configuration file.

    Args:
        kind: What TOML value is expected. ``path`` is a string that is resolved against the folder of the
            file it stands in; ``folder`` is one to a folder that may be missing for now; ``bundle`` is such a path or
            the word ``current``.
        default: The value, None where unset is a meaning of its own, or a function of the values known so far.
        shown: How the default reads in the commented file and the documentation, as TOML.
        unit: Unit of the value, or what the word stands for.
        reason: What it is for and why the default is what it is, in one or two sentences.
        check: Says what is wrong with a value and what to write instead; None when nothing is.
        secret: The file holds a secret, so that nobody else may read it.
    """

    section: str
    name: str
    kind: Kind
    default: Any
    shown: str
    unit: str
    reason: str
    check: Check | None = None
    secret: bool = False

    @property
    def dotted(self) -> str:
        """``section.name``, as ``--set`` and the messages spell it."""
        return f"{self.section}.{self.name}"

    @property
    def is_optional(self) -> bool:
        """Whether leaving the key out means "none" rather than a default value."""
        return self.default is None

    def default_value(self, given: Given) -> Any:
        """The default, which may follow from the values in ``given``, keyed by dotted name."""
        return self.default(given) if callable(self.default) else self.default


def _between(low: float, high: float) -> Check:
    def check(value: float) -> str | None:
        return None if low <= value <= high else f"must be from {low} to {high}"

    return check


def _one_of(*words: str) -> Check:
    def check(value: str) -> str | None:
        return None if value in words else f"must be one of: {', '.join(words)}"

    return check


def _check_node_id(value: str) -> str | None:
    if value == "pool":
        return '"pool" is reserved for the topic that a fleet shares; choose another name'
    if NODE_ID.fullmatch(value):
        return None
    return "must be 1 to 64 of the characters A-Z a-z 0-9 _ . - because it is one level of every topic"


def _check_host(value: str) -> str | None:
    if not value or re.search(r"\s", value):
        return "must be a host name or an address without spaces"
    if "/" in value:
        return "must be a host name or an address alone; leave out the scheme, such as mqtt://, and any path"
    if value.count(":") == 1:
        return "must be a host name or an address alone; write the number behind the colon as mqtt.port"
    return None


def _check_base_topic(value: str) -> str | None:
    if re.search(r"[+#\x00]", value):
        return "must not contain the wildcards + and # because the node publishes below it"
    if value.startswith("$"):
        return "must not start with $, which brokers keep for themselves"
    if "" in value.split("/"):
        return 'must not be empty, begin or end with "/" or contain "//"; write for example "edgegen" or "site/edgegen"'
    if len(value.encode()) > 256:
        return "must be at most 256 bytes long"
    return None


def _check_protocol(value: int) -> str | None:
    return None if value in (5, 311) else "must be 5 (MQTT 5) or 311 (MQTT 3.1.1)"


def default_node_id(given: Given) -> str:  # noqa: ARG001
    """The host name up to its first dot, with every character that a topic level cannot hold replaced by ``-``."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().split(".")[0])[:64].strip("-")
    return name if name and name != "pool" else "gateway"


def default_data_dir(given: Given) -> Path:  # noqa: ARG001
    """Where bundles and the database live when nobody says.

    systemd's state directory when it gives one (systemd.exec(5), StateDirectory=); /var/lib/edgegen for root and
    for whoever may write there; else the user's own data folder (XDG base directory specification).
    """
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if state:
        return Path(state)
    if os.geteuid() == 0 or os.access(SYSTEM_DATA_DIR, os.W_OK):
        return SYSTEM_DATA_DIR
    xdg = os.environ.get("XDG_DATA_HOME", "")
    if xdg.startswith("/"):
        return Path(xdg) / "edgegen"
    home = os.environ.get("HOME", "")
    return Path(home) / ".local/share/edgegen" if home.startswith("/") else SYSTEM_DATA_DIR


def default_port(given: Given) -> int:
    """8883, the registered port of MQTT over TLS, when a TLS file is given, else 1883."""
    tls = any(given.get(f"mqtt.{name}") for name in ("tls_ca_file", "tls_cert_file"))
    return 8883 if tls else 1883


def default_prompt_tokens(given: Given) -> int:
    """Three quarters of the context: the rest is for the answer."""
    return int(given["model.n_ctx"]) * 3 // 4


def default_max_tokens(given: Given) -> int:
    """An eighth of the context, at most 512."""
    return min(512, int(given["model.n_ctx"]) // 8)


# In the order of the commented file. A default that is a function sees the keys above it.
KEYS: tuple[Key, ...] = (
    Key(
        "node",
        "id",
        "string",
        default_node_id,
        '"gateway-1"',
        "name; default: the host name",
        "This gateway's level in every topic. Two gateways on one broker need two names.",
        _check_node_id,
    ),
    Key(
        "node",
        "data_dir",
        "folder",
        default_data_dir,
        '"/var/lib/edgegen"',
        "folder; default for other users: ~/.local/share/edgegen",
        "Holds the bundles and the database. Put it on the disk that survives a power cut best, not on a RAM disk.",
    ),
    Key(
        "mqtt",
        "host",
        "string",
        "localhost",
        '"localhost"',
        "host name or address",
        "The broker. A broker on the gateway itself keeps devices answered when the site's network is down.",
        _check_host,
    ),
    Key(
        "mqtt",
        "port",
        "integer",
        default_port,
        "1883",
        "TCP port; default with a TLS file: 8883",
        "The registered ports of MQTT.",
        _between(1, 65535),
    ),
    Key(
        "mqtt",
        "username",
        "string",
        None,
        '"gateway-1"',
        "login; default: none",
        "The node's own login. The shipped access list lets it publish the answers of all devices.",
        lambda value: None if value else "must not be empty; remove the line for a broker without logins",
    ),
    Key(
        "mqtt",
        "password_file",
        "path",
        None,
        '"/etc/edgegen/mqtt-password"',
        "file; default: none",
        "The password stands alone in a file that only the service may read, so that this file can be shown to anyone.",
        secret=True,
    ),
    Key(
        "mqtt",
        "tls_ca_file",
        "path",
        None,
        '"/etc/edgegen/ca.pem"',
        "PEM file; default: no TLS",
        "Turns TLS on and trusts only brokers with a certificate from this authority.",
    ),
    Key(
        "mqtt",
        "tls_cert_file",
        "path",
        None,
        '"/etc/edgegen/client.pem"',
        "PEM file; default: none",
        "The node's own certificate, for brokers that ask for one. Needs tls_key_file.",
    ),
    Key(
        "mqtt",
        "tls_key_file",
        "path",
        None,
        '"/etc/edgegen/client.key"',
        "PEM file; default: none",
        "The private key of tls_cert_file.",
        secret=True,
    ),
    Key(
        "mqtt",
        "base_topic",
        "string",
        "edgegen",
        '"edgegen"',
        "topic, without wildcards",
        "The first level of every topic. Devices and the broker's access list must use the same.",
        _check_base_topic,
    ),
    Key(
        "mqtt",
        "protocol",
        "integer",
        5,
        "5",
        "5 or 311 (MQTT 3.1.1)",
        "How the node itself speaks to the broker; devices may use either. 5 adds expiry and response topics. "
        "311 is for brokers that know nothing newer.",
        _check_protocol,
    ),
    Key(
        "model",
        "bundle",
        "bundle",
        "current",
        '"current"',
        "bundle folder, .gguf file, or current",
        "`current` follows `edgegen model add` and bundle updates; a path pins one model.",
        lambda value: None if value else 'must not be empty; write "current", a bundle folder or a .gguf file',
    ),
    Key(
        "model",
        "base",
        "path",
        None,
        '"/var/lib/edgegen/base.gguf"',
        "GGUF file; default: found by its sha256",
        "The base model of a bundle that holds only adapters, when it lies somewhere unusual.",
    ),
    Key(
        "model",
        "n_ctx",
        "integer",
        4096,
        "4096",
        "tokens",
        "KV cache, shared by all slots and allocated at start. 4096 tokens cost 94 MB with SmolLM2-135M and "
        "134 MB with Llama 3.2 1B, in f16; room for one full prompt or several usual ones.",
        _between(256, 1_048_576),
    ),
    Key(
        "model",
        "slots",
        "integer",
        8,
        "8",
        "requests computed together",
        "Batching shares each read of the weights: more slots give more tokens per second in all and fewer to each.",
        _between(1, 64),
    ),
    Key(
        "model",
        "n_threads",
        "integer",
        0,
        "0",
        "threads; 0: as tuned, else one for each core",
        "More threads than cores make every step wait for the slowest. `edgegen doctor --tune` tries fewer, too.",
        _between(0, 512),
    ),
    Key(
        "model",
        "n_batch",
        "integer",
        0,
        "0",
        "tokens computed together; 0: as tuned, else 256",
        "A longer step reads the weights less often for a long prompt, and costs memory.",
        lambda value: None if value == 0 or 32 <= value <= 2048 else "must be 0 or from 32 to 2048",
    ),
    Key(
        "model",
        "kv_type",
        "string",
        "auto",
        '"auto"',
        "auto, f16, q8_0 or q4_0",
        "Numbers in the KV cache. q8_0 takes a little over half of f16's memory and q4_0 over a quarter, with small "
        "changes of the answers. auto: as tuned, else f16.",
        _one_of("auto", "f16", "q8_0", "q4_0"),
    ),
    Key(
        "model",
        "flash_attn",
        "string",
        "auto",
        '"auto"',
        "auto, on or off",
        "Flash attention. auto: as tuned, else llama.cpp's choice, which is on where the model allows it. q8_0 and "
        "q4_0 need it.",
        _one_of("auto", "on", "off"),
    ),
    Key(
        "model",
        "lookup_tokens",
        "integer",
        15,
        "15",
        "tokens; 0: off",
        "How far a request that runs alone may guess ahead from its own text. Saves up to a quarter of the time where "
        "answers repeat their prompt.",
        _between(0, 15),
    ),
    Key(
        "limits",
        "payload_bytes",
        "integer",
        65536,
        "65536",
        "bytes",
        "Largest request. 64 KiB hold more text than the default context has tokens, and bound what a device can make "
        "the store write.",
        _between(256, 16_777_216),
    ),
    Key(
        "limits",
        "prompt_tokens",
        "integer",
        default_prompt_tokens,
        "3072",
        "tokens; default: three quarters of n_ctx",
        "Longest prompt. What is left of the context is for the answer.",
        _between(16, 1_048_576),
    ),
    Key(
        "limits",
        "max_tokens",
        "integer",
        default_max_tokens,
        "512",
        "tokens; default: an eighth of n_ctx, at most 512",
        "Longest answer, and the length when a request names none. About a page of text; keeps one device from holding "
        "a slot for minutes.",
        _between(1, 1_048_576),
    ),
    Key(
        "limits",
        "queue",
        "integer",
        256,
        "256",
        "requests",
        "How many accepted requests may wait. At one second each the last of 256 waits four minutes, which is inside "
        "deadline_s; more are refused with busy.",
        _between(1, 100_000),
    ),
    Key(
        "limits",
        "per_device_per_minute",
        "integer",
        120,
        "120",
        "requests per minute and device",
        "Stops a device in a loop; ordinary sensors ask far less. A minute's worth may come as one burst.",
        _between(1, 60_000),
    ),
    Key(
        "limits",
        "deadline_s",
        "number",
        600.0,
        "600",
        "seconds",
        "When a request that names no deadline expires. A sensor's question is stale after ten minutes.",
        _between(1, 604_800),
    ),
    Key(
        "telemetry",
        "interval_s",
        "number",
        10.0,
        "10",
        "seconds",
        "How often health is published and measured. Short enough to see a spike, 8,640 small rows a day.",
        _between(1, 3600),
    ),
    Key(
        "telemetry",
        "retention_days",
        "integer",
        30,
        "30",
        "days",
        "How long requests, answers and telemetry stay in the database: a month, to compare with the last one.",
        _between(1, 3650),
    ),
    Key(
        "update",
        "stick",
        "folder",
        None,
        '"/media/edgegen"',
        "folder; default: none",
        "Where a stick with bundles gets mounted. What lies there is offered to operators and never installed unasked.",
    ),
    Key(
        "update",
        "timeout_s",
        "number",
        3600.0,
        "3600",
        "seconds",
        "How long a bundle command that came over MQTT may take: copying 5 GB from a slow stick and asking the gate's "
        "probes takes half an hour on a small board.",
        _between(1, 86_400),
    ),
    Key(
        "update",
        "online_s",
        "number",
        900.0,
        "900",
        "seconds",
        "When a new bundle does not answer by then, the one before comes back. 5 GB from a slow memory card load in "
        "about four minutes.",
        _between(1, 86_400),
    ),
    Key(
        "guardrails",
        "policy",
        "path",
        None,
        '"/etc/edgegen/guardrails.toml"',
        "TOML file; default: none",
        "Rules over questions and answers, and below which confidence none is given. They add to those of bundles.",
    ),
)
KEYS_BY_NAME = {key.dotted: key for key in KEYS}
SECTIONS = tuple(dict.fromkeys(key.section for key in KEYS))

SECTION_SUBJECTS = {
    "node": "Who this gateway is and where it keeps its data.",
    "mqtt": "The broker and the way to it.",
    "model": "What answers, and how much of the machine it may use.",
    "limits": "What a device may ask for. A request over a limit gets an error frame that names it.",
    "telemetry": "What the gateway tells about itself.",
    "update": "How new bundles come in.",
    "guardrails": "What is not taken and not said.",
}


def file_problem(key: Key, path: Path) -> str | None:
    """What is wrong with a file that a key refers to: missing, of the wrong kind, or a secret in the open."""
    if key.kind == "folder":
        wrong = path.exists() and not path.is_dir()
        return "is not a folder; name a folder, which may be missing for now" if wrong else None
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "does not exist; create it, correct the path, or remove the line"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}; correct the path or the permissions of its folder"
    if key.kind == "bundle":
        return None
    if not stat.S_ISREG(mode):
        return "is not a file; name the file itself"
    if key.secret and mode & stat.S_IRWXO:
        return f"can be used by every user (mode {stat.S_IMODE(mode):04o}); run: chmod 640 {path}"
    if not os.access(path, os.R_OK):
        return "cannot be read by this user; give the file to the user that runs edgegen"
    return None
