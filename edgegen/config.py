"""The gateway's configuration: one TOML file, every key with a default that works.

``config_keys`` describes the keys, ``config_reader`` reads a file by them and ``config_text`` writes the commented file
and the documentation.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgegen.config_keys import KEYS, KEYS_BY_NAME, SECTIONS, Key, file_problem
from edgegen.config_reader import KeyTable, Setting, read_file, read_overrides, shown
from edgegen.errors import ConfigError

SYSTEM_FILE = Path("/etc/edgegen/edgegen.toml")


@dataclass(frozen=True)
class NodeConfig:
    """Who this gateway is and where it keeps its data."""

    id: str
    data_dir: Path


@dataclass(frozen=True)
class MqttConfig:
    """The broker and the way to it. TLS is on when ``tls_ca_file`` or ``tls_cert_file`` is given."""

    host: str
    port: int
    username: str | None
    password_file: Path | None
    tls_ca_file: Path | None
    tls_cert_file: Path | None
    tls_key_file: Path | None
    base_topic: str
    protocol: int


@dataclass(frozen=True)
class ModelConfig:
    """What answers. ``bundle`` is ``current`` or an absolute path; 0 and ``auto`` leave it to tuned.py."""

    bundle: str
    base: Path | None
    n_ctx: int
    slots: int
    n_threads: int
    n_batch: int
    kv_type: str
    flash_attn: str
    lookup_tokens: int


@dataclass(frozen=True)
class LimitsConfig:
    """What a device may ask for."""

    payload_bytes: int
    prompt_tokens: int
    max_tokens: int
    queue: int
    per_device_per_minute: int
    deadline_s: float


@dataclass(frozen=True)
class TelemetryConfig:
    """What the gateway tells about itself."""

    interval_s: float
    retention_days: int


@dataclass(frozen=True)
class UpdateConfig:
    """How new bundles come in. ``stick`` need not be there: it is where one gets mounted."""

    stick: Path | None
    timeout_s: float
    online_s: float


@dataclass(frozen=True)
class GuardrailsConfig:
    """What is not taken and not said. ``policy`` is the operator's file; a bundle may bring its own."""

    policy: Path | None


@dataclass(frozen=True)
class Config:
    """The whole configuration, checked.

    Args:
        path: The file it came from, None when there is none.
        overrides: The ``section.key=value`` strings that won over the file.
    """

    node: NodeConfig
    mqtt: MqttConfig
    model: ModelConfig
    limits: LimitsConfig
    telemetry: TelemetryConfig
    update: UpdateConfig
    guardrails: GuardrailsConfig
    path: Path | None
    overrides: tuple[str, ...] = field(default=(), compare=False)


def load_config(path: Path | None, overrides: Sequence[str] = (), *, check_files: bool = True) -> Config:
    """Read, complete and check the configuration.

    Args:
        path: The file; None for /etc/edgegen/edgegen.toml when it exists, else the defaults alone.
        overrides: ``section.key=value`` strings that win over the file. The value is TOML, or else a bare string.
        check_files: Whether the files that the configuration refers to must exist here. False checks a gateway's
            file on another machine.

    Raises:
        ConfigError: Naming every problem at once, each with its place, key, value and remedy.
    """
    return load_with_sources(path, overrides, check_files=check_files)[0]


def load_with_sources(
    path: Path | None, overrides: Sequence[str] = (), *, check_files: bool = True
) -> tuple[Config, dict[str, str]]:
    """Like ``load_config``, with where each value came from: ``FILE:LINE``, ``--set`` or ``default``."""
    problems: list[str] = []
    if path is None and SYSTEM_FILE.exists():
        path = SYSTEM_FILE
    settings = {} if path is None else read_file(path, TABLE, problems)
    settings.update(read_overrides(overrides, TABLE, problems))

    values: dict[str, Any] = {}
    for name, setting in settings.items():
        _take(KEYS_BY_NAME[name], setting, check_files=check_files, values=values, problems=problems)
    for key in KEYS:
        if key.dotted not in values:
            values[key.dotted] = key.default_value(values)
    sources = {key.dotted: settings[key.dotted].where if key.dotted in settings else "default" for key in KEYS}
    problems += _cross_problems(values, sources)
    if problems:
        raise ConfigError(problems)
    return _build(values, path, tuple(overrides)), sources


def _build(values: dict[str, Any], path: Path | None, overrides: tuple[str, ...]) -> Config:
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key in KEYS:
        sections[key.section][key.name] = values[key.dotted]
    return Config(
        node=NodeConfig(**sections["node"]),
        mqtt=MqttConfig(**sections["mqtt"]),
        model=ModelConfig(**sections["model"]),
        limits=LimitsConfig(**sections["limits"]),
        telemetry=TelemetryConfig(**sections["telemetry"]),
        update=UpdateConfig(**sections["update"]),
        guardrails=GuardrailsConfig(**sections["guardrails"]),
        path=path,
        overrides=overrides,
    )


def _unknown_section(section: str, table: Any) -> str:
    if not isinstance(table, dict):
        homes = [key.section for key in KEYS if key.name == section]
        if homes:
            return f"{section} = {shown(table)}: stands outside a section; move it under [{homes[0]}]."
    guess = difflib.get_close_matches(section.lower(), SECTIONS, 1)
    meant = f"did you mean [{guess[0]}]?" if guess else f"the sections are: {', '.join(SECTIONS)}."
    return f"[{section}]: unknown section; {meant}"


def _unknown_key(section: str, name: str, value: Any) -> str:
    if not section:
        return f"must read section.key=value, for example: --set {TABLE.example}"
    names = [key.name for key in KEYS if key.section == section]
    homes = [key.section for key in KEYS if key.name == name]
    plain = name.lower().replace("-", "_")
    guess = [other for other in names if plain and other.startswith(plain)]
    guess = guess or difflib.get_close_matches(plain, names, 1)
    if homes:
        meant = f"it belongs in [{homes[0]}]."
    elif guess:
        meant = f"did you mean {guess[0]}?"
    else:
        meant = f"the keys of [{section}] are: {', '.join(names)}."
    return f"{section}.{name} = {shown(value)}: unknown key; {meant}"


TABLE = KeyTable(
    keys=KEYS_BY_NAME.keys(),
    sections=SECTIONS,
    example="mqtt.port=1883",
    missing="Write one with: edgegen config init {path}",
    unreadable="Correct the path or its permissions.",
    unknown_section=_unknown_section,
    unknown_key=_unknown_key,
)


def _take(key: Key, setting: Setting, *, check_files: bool, values: dict[str, Any], problems: list[str]) -> None:
    """Convert and check one value: into ``values`` when it is good, else a line in ``problems``."""
    value, problem = _convert(key, setting)
    if problem is None and key.check is not None:
        problem = key.check(value)
    if problem is None and check_files and key.kind in ("path", "folder", "bundle") and value != "current":
        problem = file_problem(key, Path(value))
    if problem is None:
        values[key.dotted] = value
    else:
        problems.append(f"{setting.where}: {key.dotted} = {shown(setting.value)}: {problem.rstrip('.')}.")


def _convert(key: Key, setting: Setting) -> tuple[Any, str | None]:
    value = setting.value
    if key.kind in ("integer", "number"):
        wanted = (int,) if key.kind == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            what = "a whole number" if key.kind == "integer" else "a number"
            return None, f"must be {what} ({key.unit}), without quotes, for example {key.shown}"
        return (float(value) if key.kind == "number" else value), None
    if not isinstance(value, str):
        return None, f"must be text in quotes ({key.unit}), for example {key.shown}"
    if key.kind == "string" or (key.kind == "bundle" and value in ("", "current")):
        return value, None
    if not value or "\0" in value:
        return None, "must be a path; remove the line to do without" if key.is_optional else "must be a path"
    try:
        path = setting.folder / Path(value).expanduser()
    except RuntimeError:
        return None, "has a ~ of a user without a home folder; write the whole path"
    return (str(path) if key.kind == "bundle" else path), None


def _cross_problems(values: dict[str, Any], sources: dict[str, str]) -> list[str]:
    """Values that are each fine and wrong together."""

    def problem(name: str, what: str) -> str:
        value = values[name]
        text = shown(str(value) if isinstance(value, Path) else value)
        return f"{sources[name]}: {name} = {text}: {what}"

    found = []
    for one, other in (("mqtt.tls_cert_file", "mqtt.tls_key_file"), ("mqtt.tls_key_file", "mqtt.tls_cert_file")):
        # A file that was given but refused is reported already.
        if values[one] and not values[other] and sources[other] == "default":
            found.append(problem(one, f"needs {other} too; add it or remove this line."))
    if values["mqtt.password_file"] and not values["mqtt.username"] and sources["mqtt.username"] == "default":
        found.append(problem("mqtt.password_file", "needs mqtt.username too; add it or remove this line."))
    if values["model.kv_type"] in ("q8_0", "q4_0") and values["model.flash_attn"] == "off":
        found.append(problem("model.kv_type", 'needs flash attention; set model.flash_attn to "auto" or use "f16".'))
    n_ctx = values["model.n_ctx"]
    if values["limits.prompt_tokens"] >= n_ctx:
        remedy = f"must be less than model.n_ctx = {n_ctx}, which holds prompt and answer; lower it or raise n_ctx."
        found.append(problem("limits.prompt_tokens", remedy))
    if values["limits.max_tokens"] >= n_ctx:
        remedy = f"must be less than model.n_ctx = {n_ctx}, which holds prompt and answer; lower it or raise n_ctx."
        found.append(problem("limits.max_tokens", remedy))
    return found
