"""How long from a device's publish until it reads ``accepted``, under load?

8 devices ask without pause (50-token prompts, 64 tokens), so that each request meets a gateway that computes. The same
disk's fsync is measured meanwhile: 4 KiB appended and synced, twenty times a second.
"""

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import Crowd
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, judged, percentile, progress, report

N_CTX, SLOTS, DEVICES = 4096, 8, 8
PROMPT_TOKENS, TG_TOKENS = 50, 64
ALLOWED_S = 0.015
FSYNCS = 2
EVERY_S = 0.05
REFERENCE = f"{ALLOWED_S * 1000:.0f} ms + {FSYNCS} x the same disk's fsync, p50, meanwhile"


class FsyncMeter:
    """Times fsync on the disk of ``folder`` while a block runs."""

    def __init__(self, folder: Path) -> None:
        self.seconds: list[float] = []
        self._path = folder / "fsync"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def _measure(self) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        while not self._stop.wait(EVERY_S):
            started = time.perf_counter()
            os.write(file, bytes(4096))
            os.fsync(file)
            self.seconds.append(time.perf_counter() - started)
        os.close(file)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()


def measure(setting: Setting) -> None:
    """Rounds of load; the first warms."""
    prompts = Prompts(setting.model)
    rounds = []
    with (
        Mosquitto(setting.folder / "mosquitto") as broker,
        Gateway(setting.folder / "node", broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads),
    ):
        devices = Crowd([MqttClient(broker.port, f"d{i}") for i in range(DEVICES)])
        for number in range(-1, setting.rounds):
            requests = setting.options.requests if number >= 0 else 1
            texts = [
                [prompts.text(10_000 * (number + 2) + 100 * i + r, PROMPT_TOKENS) for r in range(requests)]
                for i in range(DEVICES)
            ]
            setting.settle()
            with FsyncMeter(setting.folder) as meter:
                wave = devices.wave(
                    lambda client, i, r, texts=texts: client.generate(texts[i][r], TG_TOKENS),
                    clients=DEVICES,
                    requests=requests,
                )
            if number >= 0:
                accepted = [answer.accepted_s for answer in wave.answers if answer.accepted_s is not None]
                rounds.append(_facts(accepted, meter.seconds))
                progress(f"round {number + 1}: {rounds[-1]}")
    ratio = sorted(one["accepted_p95_s"] / (ALLOWED_S + FSYNCS * one["fsync_p50_s"]) for one in rounds)
    spread = {"median": percentile(ratio, 0.5), "min": ratio[0], "max": ratio[-1]}
    verdict = [
        judged("publish to `accepted`, p95, 8 devices at once under load", spread, AT_MOST, 1.0, reference=REFERENCE)
    ]
    row = {key: percentile((one[key] for one in rounds), 0.5) for key in rounds[0]}
    settings = {"devices": DEVICES, "requests_per_device": setting.options.requests, "n_ctx": N_CTX, "slots": SLOTS}
    report(setting, [row], verdict, settings=settings, rounds=rounds)


def _facts(accepted: list[float], fsyncs: list[float]) -> dict[str, float]:
    return {
        "accepted_p50_s": percentile(accepted, 0.5),
        "accepted_p95_s": percentile(accepted, 0.95),
        "accepted_max_s": max(accepted),
        "fsync_p50_s": percentile(fsyncs, 0.5),
        "fsync_p95_s": percentile(fsyncs, 0.95),
    }


if __name__ == "__main__":
    options = Parser(str(__doc__), rounds=3, quick={"requests": 2})
    options.add_argument("--requests", type=int, default=8, help="of each device, one after another")
    run(options, measure)
