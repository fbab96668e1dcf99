"""How long from the start of the process until it answers?

`edgegen serve` until its retained state says ``online``, beside llama-server until its first 200 on /health: warm, with
the model in the page cache, and cold, with the model's file on the disk only (the programs' own files stay in memory).
A bundle as `edgegen model add` leaves it; nothing kept on disk from a run before the first.
"""

import time
from collections.abc import Callable
from pathlib import Path

from lib import quiet
from lib.gateway import Gateway, Mosquitto
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
TARGET = 1.5
WARM, COLD = "in the page cache", "on the disk"
OURS, SERVER = "edgegen", "llama_server"


def measure(setting: Setting) -> None:
    """Alternate starts; the very first of each side only warms."""
    # A bundle's files were hashed when it was added; a bare GGUF is hashed at its first start.
    model = setting.model.parent if (setting.model.parent / "manifest.json").is_file() else setting.model
    with Mosquitto(setting.folder / "mosquitto") as broker:
        starts: dict[str, Callable[[], float]] = {OURS: lambda: _our_start(setting, broker, model)}
        if setting.peers is not None:
            starts[SERVER] = lambda: _peer_start(setting)
        found: dict[str, dict[str, list[float]]] = {where: {side: [] for side in starts} for where in (WARM, COLD)}
        for number in range(-1, setting.rounds):
            for where, times in found.items():
                setting.settle()
                for side, start in starts.items():
                    (quiet.cache if where == WARM else quiet.evict)(setting.model)
                    seconds = start()
                    if number >= 0:
                        times[side].append(seconds)
                        progress(f"start {number + 1}, model {where}: {side} {seconds:.2f} s")
    _report(setting, found, bundle=model.is_dir())


def _our_start(setting: Setting, broker: Mosquitto, model: Path) -> float:
    gateway = Gateway(setting.folder / "node", broker, model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    try:
        return gateway.start_online()
    finally:
        gateway.stop()


def _peer_start(setting: Setting) -> float:
    assert setting.peers is not None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    started = time.perf_counter()
    with server:
        return time.perf_counter() - started


def _report(setting: Setting, found: dict[str, dict[str, list[float]]], *, bundle: bool) -> None:
    rows = []
    for where, times in found.items():
        theirs = times.get(SERVER)
        rows.append(
            {
                "model": where,
                "edgegen_s": median(times[OURS]),
                "edgegen_max_s": max(times[OURS]),
                "llama_server_s": median(theirs) if theirs else None,
                "llama_server_max_s": max(theirs) if theirs else None,
            }
        )
    warm = found[WARM]
    question, reference = "`edgegen serve` to state `online`, model in page cache", "llama-server to its first 200"
    verdict = compared(question, warm[OURS], warm.get(SERVER, []), AT_MOST, TARGET, reference=reference)
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "bundle": bundle}
    report(setting, rows, verdict, settings=settings, rounds=found)


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=7, programs=("llama-server",)), measure)
