"""How an answer looks on a terminal: its text as it comes, then one line of figures."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from edgegen.errors import RequestError

# What whoever asked can do about each way a request may end.
REMEDIES = {
    "too_large": "Shorten the prompt, or raise limits.payload_bytes of the node.",
    "unknown_adapter": "Leave out --adapter, or name one that the node has.",
    "schema_invalid": "Correct the schema; a smaller one is compiled more surely.",
    "busy": "Wait and try again.",
    "rate_limited": "Wait and try again, or raise limits.per_device_per_minute of the node.",
    "context_overflow": "Shorten the prompt, or raise model.n_ctx of the node.",
    "expired": "Ask again when the node has less to do, or raise limits.deadline_s.",
    "internal": "The node's log says more: journalctl -u edgegen.",
}


class AnswerPrinter:
    """Prints the frames of one answer: text to stdout, remarks to stderr.

    On a terminal the text appears as it comes. Into a file or pipe it is written once, whole: what was printed
    cannot be taken back there when the node had to begin again.
    """

    def __init__(self, *, live: bool | None = None, err: bool = True) -> None:
        self.live = sys.stdout.isatty() if live is None else live
        self._err = err
        self._shown = ""

    def show(self, frame: Mapping[str, Any]) -> None:
        """Print one frame.

        Raises:
            RequestError: For an error frame.
        """
        kind = frame["type"]
        if kind == "delta" and self.live:
            self._shown += frame["text"]
            click.echo(frame["text"], nl=False)
        elif kind == "restarted":
            self._break_line()
            self._remark("(the node had to begin again)")
        elif kind == "done":
            self._finish(frame)
        elif kind == "error":
            self._break_line()
            raise error_of(frame)

    def _finish(self, frame: Mapping[str, Any]) -> None:
        if "embedding" in frame:
            click.echo(" ".join(f"{value:.5f}" for value in frame["embedding"]))
            return
        text = frame["text"]
        if not text.startswith(self._shown):  # a delta was lost on the way
            self._break_line()
        click.echo(text.removeprefix(self._shown))
        self._shown = ""

    def break_off(self) -> None:
        """End a line that was begun: somebody pressed Ctrl-C."""
        self._break_line()

    def _break_line(self) -> None:
        if self._shown and not self._shown.endswith("\n"):
            click.echo()
        self._shown = ""

    def _remark(self, text: str) -> None:
        click.secho(text, err=self._err, dim=True)


def error_of(frame: Mapping[str, Any]) -> RequestError:
    """The error frame as an error, with what to do."""
    remedy = REMEDIES.get(frame["code"], "")
    retry_after_s = frame.get("retry_after_s")
    if retry_after_s is not None:
        remedy = f"Try again in {retry_after_s:g} s."
    reason = f"{frame['reason']}\n{remedy}" if remedy else frame["reason"]
    return RequestError(frame["code"], reason, request_id=frame["id"], retry_after_s=retry_after_s)


def summary(frame: Mapping[str, Any]) -> str:
    """One line on a ``done`` frame: tokens, time to the first token, speed, model."""
    usage, timing = frame.get("usage", {}), frame.get("timing", {})
    cached = usage.get("cached_tokens", 0)
    parts = [f"prompt {usage.get('prompt_tokens', 0)} tokens" + (f" ({cached} cached)" if cached else "")]
    if "embedding" in frame:
        parts.append(f"{len(frame['embedding'])} numbers in {timing.get('total_s', 0):.2f} s")
    else:
        parts.append(f"answer {usage.get('completion_tokens', 0)} tokens in {timing.get('total_s', 0):.2f} s")
    if "ttft_s" in timing:
        parts.append(f"first after {timing['ttft_s']:.2f} s")
    if "tg_tokens_per_s" in timing:
        parts.append(f"{timing['tg_tokens_per_s']:.0f} tokens/s")
    if frame.get("finish") == "length":
        parts.append("cut at the token limit")
    if "agreement" in frame:
        parts.append(f"{frame['agreement']:.0%} of the samples agree")
    model = frame.get("model") or "unknown model"
    parts.append(model + (f" with {frame['adapter']}" if frame.get("adapter") else ""))
    return " · ".join([*parts, f"node {frame['node']}"])
