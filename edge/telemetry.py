"""How the gateway is doing: one sample of the machine, the daemon and the engine, through psutil."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from edge.core.metrics import percentile
from edge.store import Store

# Sensors that speak of the processor: Raspberry Pi, Intel, AMD, most ARM boards.
_CPU_SENSORS = ("cpu_thermal", "coretemp", "k10temp", "soc_thermal", "cpu-thermal")

# Percentiles in `health` look back this far: long enough to have samples, short enough to show a sickness.
WINDOW_S = 600.0


class Sampler:
    """Takes samples; CPU percentages are since the sample before."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._daemon = psutil.Process(os.getpid())
        self._engine: psutil.Process | None = None
        psutil.cpu_percent()  # the first call only starts the count
        self._daemon.cpu_percent()

    def sample(self, engine_pid: int | None) -> dict[str, Any]:
        """One row of the table ``telemetry``, without its times and queue.

        Memory is RSS and PSS in bytes: pages shared by daemon and engine count half in each PSS, so that
        the two PSS add up.
        """
        row: dict[str, Any] = {
            "cpu_percent": psutil.cpu_percent(),
            "temperature_c": temperature_c(),
            "memory_available_bytes": psutil.virtual_memory().available,
            "disk_free_bytes": psutil.disk_usage(str(self._data_dir)).free,
        }
        row |= _process(self._daemon, "daemon")
        row |= self._engine_sample(engine_pid)
        return row

    def _engine_sample(self, pid: int | None) -> dict[str, Any]:
        if pid is None:
            self._engine = None
            return {}
        try:
            if self._engine is None or self._engine.pid != pid:
                self._engine = psutil.Process(pid)
                self._engine.cpu_percent()
            return _process(self._engine, "engine")
        except psutil.Error:  # it died between two looks; the supervisor says so elsewhere
            self._engine = None
            return {}


def _process(process: psutil.Process, name: str) -> dict[str, Any]:
    with process.oneshot():
        memory = process.memory_full_info()
        return {
            f"{name}_rss_bytes": memory.rss,
            f"{name}_pss_bytes": getattr(memory, "pss", memory.rss),
            f"{name}_cpu_percent": process.cpu_percent(),
        }


def temperature_c() -> float | None:
    """The processor's temperature, where the board tells."""
    sensors: Mapping[str, Any] = {}
    with contextlib.suppress(OSError, AttributeError):
        sensors = psutil.sensors_temperatures()
    for name in _CPU_SENSORS:
        if sensors.get(name):
            return float(sensors[name][0].current)
    return None


def latencies(store: Store, utc: float) -> dict[str, Any]:
    """Percentiles over the answers of the last `WINDOW_S`, for ``health``."""
    rows = store.query(
        "SELECT ttft_s, total_s, tg_tokens_per_s FROM answers WHERE utc > ? AND status = 'done'", (utc - WINDOW_S,)
    )
    result: dict[str, Any] = {"answers": len(rows), "window_s": WINDOW_S}
    for name, shares in (("ttft_s", (0.5, 0.95)), ("total_s", (0.5, 0.95)), ("tg_tokens_per_s", (0.5, 0.05))):
        values = [row[name] for row in rows if row[name] is not None]
        for share in shares:
            result[f"{name}_p{round(share * 100)}"] = percentile(values, share)
    return result


def last_probe(store: Store) -> dict[str, Any] | None:
    """Scores of the newest probe run, for ``health``: right and asked with a 95% interval, by suite."""
    rows = store.query(
        "SELECT * FROM probe_scores WHERE category = '' AND run = "
        "(SELECT run FROM probe_scores ORDER BY utc DESC LIMIT 1) ORDER BY suite"
    )
    if not rows:
        return None
    return {
        "run": rows[0]["run"],
        "model": rows[0]["model"],
        "utc": max(row["utc"] for row in rows),
        "suites": {
            row["suite"]: {
                "passed": row["passed"],
                "asked": row["total"],
                "interval": [round(row["low"], 4), round(row["high"], 4)],
            }
            for row in rows
        },
    }
