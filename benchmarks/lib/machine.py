"""Facts about the machine and the software, written beside every figure."""

import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import psutil

import edgegen

# Vector extensions ggml has kernels for, best last.
VECTOR_FLAGS = ("asimd", "sve", "avx", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")


def facts() -> dict[str, Any]:
    """Processor, memory, system, versions."""
    cpu = _cpuinfo()
    flags = set((cpu.get("flags") or cpu.get("Features") or "").split())
    return {
        "utc": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cpu": cpu.get("model name") or cpu.get("Model") or platform.machine(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "vector": [flag for flag in VECTOR_FLAGS if flag in flags],
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "edgegen": edgegen.__version__,
        "llama_cpp_python": importlib.metadata.version("llama-cpp-python"),
    }


def _cpuinfo() -> dict[str, str]:
    pairs = (line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def line(machine: dict[str, Any]) -> str:
    """The facts in one line."""
    return (
        f"{machine['cpu']}, {machine['cores']} cores ({' '.join(machine['vector'])}), {machine['memory_gib']} GiB, "
        f"Linux {machine['kernel']}, Python {machine['python']}, edgegen {machine['edgegen']}, "
        f"llama-cpp-python {machine['llama_cpp_python']}, "
        f"{machine['cores_used_elsewhere']} cores used elsewhere, {machine['utc']}"
    )
