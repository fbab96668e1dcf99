"""How long from the start of the process until it answers?

`edgegen serve` until its retained state says ``online``, beside llama-server until its first 200 on /health, with the
model in the page cache. A bundle as `edgegen model add` leaves it; nothing kept on disk from a run before the first.
"""

import time

from lib.gateway import Gateway, Mosquitto
from lib.quiet import settle
from lib.setting import Setting, parser, run
from lib.tables import AT_MOST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
TARGET = 1.5


def measure(setting: Setting) -> None:
    """Alternate starts; the very first of each side only warms."""
    ours, theirs = list[float](), list[float]()
    # A bundle's files were hashed when it was added; a bare GGUF is hashed at its first start.
    model = setting.model.parent if (setting.model.parent / "manifest.json").is_file() else setting.model
    with Mosquitto(setting.folder / "mosquitto") as broker:
        for number in range(setting.rounds + 1):
            settle()
            gateway = Gateway(setting.folder / "node", broker, model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
            try:
                ours.append(gateway.start_online())
            finally:
                gateway.stop()
            if setting.peers is not None:
                theirs.append(_peer_start(setting))
            progress(f"start {number}: edgegen {ours[-1]:.2f} s" + (f", peer {theirs[-1]:.2f} s" if theirs else ""))
    ours, theirs = ours[1:], theirs[1:]
    rows = [
        {
            "edgegen_s": median(ours),
            "edgegen_max_s": max(ours),
            "llama_server_s": median(theirs) if theirs else None,
            "llama_server_max_s": max(theirs) if theirs else None,
        }
    ]
    verdict = compared("start to online", ours, theirs or None, AT_MOST, TARGET)
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "bundle": model.is_dir()}
    report(setting, rows, verdict, settings=settings, rounds={"edgegen": ours, "llama_server": theirs})


def _peer_start(setting: Setting) -> float:
    assert setting.peers is not None
    server = setting.peers.server(setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads)
    started = time.perf_counter()
    with server:
        return time.perf_counter() - started


if __name__ == "__main__":
    run(parser(str(__doc__), rounds=7), measure)
