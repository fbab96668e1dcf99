"""The report of `edgegen stats` as a table for people."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

LABELS = {
    "queue_s": "waiting for a slot",
    "ttft_s": "time to first token",
    "total_s": "whole answer",
    "pp_tokens_per_s": "prompt processing",
    "tg_tokens_per_s": "text generation",
}


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """All sections of a report; the lines may hold colours, which click leaves out where they are not wanted."""
    since = report["since_utc"]
    scope = "everything that is kept" if since is None else f"since {stamp(since)}"
    if report["device"] is not None:
        scope += f", device {report['device']}"
    lines = [_title(f"Answers ({scope})"), *_count_lines(report)]
    if report["counts"]:
        lines += ["", *_latency_lines(report["latency"]), "", *_token_lines(report["tokens"])]
    lines += ["", _title("Machine"), *_machine_lines(report["machine"])]
    if report["events"]:
        lines += ["", _title("Events"), *_event_lines(report["events"])]
    if "slowest" in report:
        lines += ["", _title("Slowest answers"), *_slow_lines(report["slowest"])]
    return lines


def table(rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> list[str]:
    """Rows with aligned columns; those from ``numbers_from`` on are aligned to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if column >= numbers_from else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def stamp(utc: float) -> str:
    """A wall clock time in this machine's zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(utc))


def mib(value: float | None) -> str:
    """Bytes for people."""
    if value is None:
        return "-"
    return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"


def seconds(value: float | None) -> str:
    """A duration for people."""
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _title(text: str) -> str:
    return click.style(text, bold=True)


def _count_lines(report: Mapping[str, Any]) -> list[str]:
    counts = report["counts"]
    if not counts:
        lines = ["  none yet"]
    else:
        statuses = sorted({status for of_verb in counts.values() for status in of_verb}, key=lambda s: (s != "done", s))
        rows = [["verb", *statuses]]
        rows += [[verb, *(str(of_verb.get(s, 0)) for s in statuses)] for verb, of_verb in sorted(counts.items())]
        lines = table(rows)
    if report["open_requests"]:
        waiting = ", ".join(f"{count} {state}" for state, count in sorted(report["open_requests"].items()))
        lines.append(f"  open now: {waiting}")
    return lines


def _latency_lines(latency: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    times = [[LABELS[name], *(seconds(v) for v in row.values())] for name, row in latency.items() if "p95" in row]
    speeds = [
        [LABELS[name], *("-" if v is None else f"{v:.0f} tok/s" for v in row.values())]
        for name, row in latency.items()
        if "p5" in row
    ]
    return table([["", "median", "slowest 5%", "slowest 1%"], *times, *speeds])


def _token_lines(tokens: Mapping[str, Any]) -> list[str]:
    share = tokens["cached_share"]
    cached = "" if share is None else f", {share:.0%} of them from the cache"
    return [f"  {tokens['prompt_tokens']:,} prompt tokens{cached}; {tokens['completion_tokens']:,} answer tokens"]


def _machine_lines(machine: Mapping[str, Any]) -> list[str]:
    if not machine["samples"]:
        return ["  not measured yet"]
    last, high = machine["last"], machine["highest"]
    rows = [["", f"at {stamp(machine['last_utc'])[11:]}", "highest"]]
    for who in ("daemon", "engine"):
        rows.append([f"{who}, RSS", mib(last[f"{who}_rss_bytes"]), mib(high[f"{who}_rss_bytes"])])
        rows.append([f"{who}, PSS", mib(last[f"{who}_pss_bytes"]), mib(high[f"{who}_pss_bytes"])])
        # 100% is one core.
        rows.append([f"{who}, CPU", _percent(last[f"{who}_cpu_percent"]), _percent(high[f"{who}_cpu_percent"])])
    rows.append(["all CPUs", _percent(last["cpu_percent"]), _percent(high["cpu_percent"])])
    if high["temperature_c"] is not None:
        rows.append(["processor", _degrees(last["temperature_c"]), _degrees(high["temperature_c"])])
    rows.append(["waiting requests", _number(last["queue_waiting"]), _number(high["queue_waiting"])])
    rows.append(["running requests", _number(last["queue_running"]), _number(high["queue_running"])])
    rows.append(["KV cache, tokens", _number(last["kv_used"]), _number(high["kv_used"])])
    free = f"  free: {mib(last['memory_available_bytes'])} of memory, {mib(last['disk_free_bytes'])} of disk"
    return [*table(rows), free]


def _event_lines(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"  {e['count']}x {e['kind']}, last at {stamp(e['last_utc'])}: {e['detail']}" for e in events]


def _slow_lines(slowest: Sequence[Mapping[str, Any]]) -> list[str]:
    if not slowest:
        return ["  none"]
    lines = []
    for row in slowest:
        parts = ", ".join(f"{name} {seconds(row[f'{name}_s'])}" for name in ("queue", "prompt", "generation"))
        head = f"  {stamp(row['utc'])}  {row['device']}  {row['verb']}  {row['status']}"
        lines += [f"{head}  {seconds(row['total_s'])} ({parts})", f"      {row['why']}"]
    return lines


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _degrees(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} °C"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
