"""The processes that train for a comparison, dealt out to the GPUs."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Pool:
    """Workers, started when they are needed and kept.

    Args:
        at_once: How many there will be: each takes its share of the cores.
        gpus: As ``CUDA_VISIBLE_DEVICES`` names them; none: all workers on what there is.
    """

    def __init__(self, at_once: int, gpus: Sequence[str]) -> None:
        self.at_once, self.gpus = at_once, gpus
        self.workers: list[Worker] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.close()

    def ask(self, job: dict[str, Any], longest_s: float) -> dict[str, Any]:
        """The answer to a job, of a worker on the GPU with the fewest busy ones."""
        worker = self.take()
        try:
            return worker.ask(job, longest_s)
        finally:
            worker.busy = False

    def take(self) -> "Worker":
        """A worker that is now busy: an idle one of the least busy GPU, or a new one there."""
        with self._lock:
            busy = [worker.gpu for worker in self.workers if worker.busy]
            gpu = min(self.gpus, key=busy.count, default=None)
            idle = (w for w in self.workers if w.gpu == gpu and not w.busy and w.stays)
            worker = next(idle, None)
            if worker is None:
                worker = Worker(self.at_once, gpu)
                self.workers.append(worker)
            worker.busy = True
            return worker


class Worker:
    """A process that trains (``finetune.compare_worker``)."""

    def __init__(self, at_once: int, gpu: str | None) -> None:
        self.gpu = gpu
        share = max(1, (os.cpu_count() or 1) // at_once)
        environment = {"OMP_NUM_THREADS": str(share), "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "finetune.compare_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | os.environ | ({} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu}),
            text=True,
        )
        self.busy = False
        self.stays = True

    def ask(self, job: dict[str, Any], longest_s: float) -> dict[str, Any]:
        """Its answer; a problem when it died, or took longer."""
        assert self.process.stdin
        assert self.process.stdout
        line, began = "", time.monotonic()
        too_long = threading.Timer(longest_s, self.process.kill)
        too_long.start()
        with suppress(OSError):
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        too_long.cancel()
        answer: dict[str, Any] = json.loads(line) if line else {}
        if not line:
            code, late = self.process.wait(), time.monotonic() - began >= longest_s
            answer["problem"] = f"took longer than longest_s = {longest_s}" if late else f"the process died ({code})"
        self.stays = bool(answer.pop("stays", False))
        if not self.stays:
            self.close()
        return answer

    def close(self) -> None:
        """Let it end; a training in hand saves first, as after Ctrl-C."""
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.process.poll() is None and self.stays:
            self.process.terminate()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
