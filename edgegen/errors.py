"""Every error edgegen raises on purpose, split by whose fault it is.

    EdgegenError
    +-- RequestError     the device: becomes an error frame with a stable code
    +-- ConfigError      the operator: a configuration file or an option
    +-- BundleError      the operator: a model bundle, a GGUF, an adapter
    +-- StoreError       the gateway: the database or its disk
    |   +-- StoreDamagedError    the database file itself is no longer one
    +-- EngineError      us: the inference process
    +-- BrokerError      the site: the MQTT broker or the way to it
    +-- MissingExtraError    the installation: a plane whose packages are not there

``edgegen.cli`` alone turns an EdgegenError into a message and an exit code; anything else keeps its
traceback, because it is a defect.
"""


class EdgegenError(Exception):
    """Base of all errors whose message is meant for a person: what was wrong, where, what to do."""

    exit_code = 1


class RequestError(EdgegenError):
    """A device's message that cannot be accepted.

    Args:
        code: One of the protocol's stable codes, e.g. ``bad_request``.
        reason: What was wrong, with the value, and what to do.
        request_id: The id the device gave, when it could be read and is usable.
        retry_after_s: For ``busy`` and ``rate_limited``: when trying again makes sense.
    """

    def __init__(
        self, code: str, reason: str, *, request_id: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class ConfigError(EdgegenError):
    """One or more mistakes in the configuration; ``problems`` lists them all."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BundleError(EdgegenError):
    """A bundle, GGUF or adapter that is missing, altered or of the wrong kind."""


class StoreError(EdgegenError):
    """The database could not be read or written; usually the disk."""


class StoreDamagedError(StoreError):
    """What is in the database file contradicts itself, after a power cut or on a dying card."""


class EngineError(EdgegenError):
    """The inference process could not load its model or stopped answering."""


class BrokerError(EdgegenError):
    """The broker is not reachable, refuses the login, or does not deliver."""


class MissingExtraError(EdgegenError):
    """A command of a plane whose packages are not installed."""

    def __init__(self, command: str, extra: str, module: str) -> None:
        super().__init__(
            f"`edgegen {command}` needs the package {module!r}, which is not installed.\n"
            f"Install it with: pip install 'edgegen[{extra}]'"
        )
