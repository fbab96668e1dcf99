"""Does a long prompt stall everybody else?

Four devices are reading their answers when a fifth sends 1,500 tokens. The longest gap between two pieces of text that
any of the four sees until the fifth has its first token, and the fifth's own TTFT; beside llama-server as it comes, and
with `-b 64 -ub 64`.
"""

import itertools
import threading
import time
from contextlib import ExitStack
from typing import Any, Protocol

from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.peers import Answer, HttpClient
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_MOST, compared, median, progress, report

N_CTX, SLOTS, STREAMS = 4096, 8, 4
PROMPT_TOKENS, STREAM_TOKENS, LONG_TOKENS = 50, 300, 1500
BEFORE_S = 2.0  # all four are generating by then

DEFAULT, SMALL_BATCHES = "llama-server", "llama-server -b 64 -ub 64"
GAP_TARGETS = {DEFAULT: 0.05, SMALL_BATCHES: 0.6}
TTFT_TARGET = 1.1


class Asker(Protocol):
    """A connected client, however it speaks."""

    def __call__(self, number: int, prompt: str, max_tokens: int) -> Answer:
        """Ask through connection ``number``."""


def measure(setting: Setting) -> None:
    """All servers stay up, idle; the scenes alternate."""
    prompts = Prompts(setting.model)
    with ExitStack() as stack:
        sides = {"edgegen": _ours(setting, stack), **_peers(setting, stack)}
        scenes: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for number in range(setting.rounds):
            for name, asker in sides.items():
                setting.settle()
                scenes[name].append(_scene(asker, prompts, number))
                progress(f"round {number + 1}: {name} {scenes[name][-1]}")
    _report(setting, scenes)


def _ours(setting: Setting, stack: ExitStack) -> Asker:
    broker = stack.enter_context(Mosquitto(setting.folder / "mosquitto"))
    folder = setting.folder / "node"
    stack.enter_context(Gateway(folder, broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads))

    def ask(number: int, prompt: str, max_tokens: int) -> Answer:
        with MqttClient(broker.port, f"d{number}") as device:
            return device.generate(prompt, max_tokens)

    return ask


def _peers(setting: Setting, stack: ExitStack) -> dict[str, Asker]:
    if setting.peers is None:
        return {}
    found: dict[str, Asker] = {}
    for name, options in ((DEFAULT, ()), (SMALL_BATCHES, ("-b", "64", "-ub", "64"))):
        server = setting.peers.server(
            setting.folder, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads, name=str(len(found))
        )
        # One pool of cells for all slots, as ours: 512 a slot would not hold the prompt.
        stack.enter_context(server.with_options("--kv-unified", *options))
        found[name] = lambda _, prompt, tokens, port=server.port: HttpClient(port).complete(prompt, tokens)
    return found


def _scene(asker: Asker, prompts: Prompts, number: int) -> dict[str, float]:
    answers: list[Answer] = []
    texts = [prompts.text(10_000 * number + i + 3, PROMPT_TOKENS) for i in range(STREAMS)]
    threads = [
        threading.Thread(target=lambda i=i: answers.append(asker(i, texts[i], STREAM_TOKENS)), daemon=True)
        for i in range(STREAMS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(BEFORE_S)
    sent = time.perf_counter()
    long = asker(STREAMS, prompts.text(10_000 * number + 9_000, LONG_TOKENS), 8)
    for thread in threads:
        thread.join()
    if len(answers) < STREAMS:
        raise RuntimeError("a stream failed")
    begun = sent + long.ttft_s
    gaps = [_longest_gap(answer.stamps, sent, begun) for answer in answers]
    ended_early = sum(answer.stamps[-1] < begun for answer in answers)
    return {"longest_gap_s": max(gaps), "long_ttft_s": long.ttft_s, "streams_ended_early": ended_early}


def _longest_gap(stamps: tuple[float, ...], start: float, end: float) -> float:
    """Between two stamps of which the later lies after ``start`` and the earlier before ``end``."""
    pairs = itertools.pairwise(stamps)
    return max((b - a for a, b in pairs if b > start and a < end), default=0.0)


def _report(setting: Setting, scenes: dict[str, list[dict[str, float]]]) -> None:
    def series(name: str, key: str) -> list[float]:
        return [scene[key] for scene in scenes.get(name, [])]

    rows: list[dict[str, Any]] = [
        {"side": name, **{key: median(series(name, key)) for key in found[0]}} for name, found in scenes.items()
    ]
    verdict = []
    for name, target in GAP_TARGETS.items():
        ours, theirs = series("edgegen", "longest_gap_s"), series(name, "longest_gap_s")
        question = f"longest gap of {STREAMS} running devices while {LONG_TOKENS:,} tokens arrive"
        verdict += compared(question, ours, theirs, AT_MOST, target, reference=name)
    ours, theirs = series("edgegen", "long_ttft_s"), series(SMALL_BATCHES, "long_ttft_s")
    question = "that long prompt's own TTFT"
    verdict += compared(question, ours, theirs, AT_MOST, TTFT_TARGET, reference=SMALL_BATCHES)
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "streams": STREAMS, "long_tokens": LONG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds=scenes)


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=3, programs=("llama-server",)), measure)
