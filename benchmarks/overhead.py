"""What do MQTT, the daemon and the store cost?

The same prompts and tokens twice: through the engine process alone, and from devices over MQTT QoS 1 through Mosquitto,
the daemon and the durable store, to the same engine with the same settings; 1 and 8 sequences at once, alternating.
Beside the rates, what the processor did for each token: daemon, broker and engine, in CPU time.
"""

import time
from contextlib import ExitStack
from typing import Any

import psutil
from lib.engine import Engine
from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.load import Crowd, Wave
from lib.prompts import Prompts
from lib.setting import Parser, Setting, run
from lib.tables import AT_LEAST, compared, median, progress, report

N_CTX, SLOTS = 4096, 8
COUNTS = (1, 8)
PROMPT_TOKENS, TG_TOKENS = 50, 64
# Not a target of the issue's: the part of the tokens that shall be left after all that is not computing.
LEFT = 0.9

Facts = dict[str, float]


def measure(setting: Setting) -> None:
    """Two engines, of which one computes at a time; the order changes with each round."""
    prompts = Prompts(setting.model)
    alone: dict[int, list[Facts]] = {n: [] for n in COUNTS}
    whole: dict[int, list[Facts]] = {n: [] for n in COUNTS}
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(setting.folder / "mosquitto"))
        gateway = Gateway(
            setting.folder / "node", broker, setting.model, n_ctx=N_CTX, slots=SLOTS, threads=setting.threads
        )
        stack.enter_context(gateway)
        daemon, *engines = gateway.processes()
        processes = {"daemon": [daemon], "engine": engines, "broker": [psutil.Process(broker.pid)]}
        devices = Crowd([MqttClient(broker.port, f"d{i}") for i in range(max(COUNTS))])
        engine = stack.enter_context(Engine.of(setting, n_ctx=N_CTX, slots=SLOTS))
        for number in range(-1, setting.rounds):  # -1 warms both
            for n in COUNTS:
                setting.settle()
                for side in ("alone", "whole") if number % 2 else ("whole", "alone"):
                    seed = 100_000 * (number + 2) + 1000 * n + 500 * (side == "whole")
                    texts = [prompts.text(seed + i, PROMPT_TOKENS) for i in range(n)]
                    facts = _alone(engine, texts) if side == "alone" else _whole(devices, texts, processes)
                    if number >= 0:
                        (alone if side == "alone" else whole)[n].append(facts)
                if number >= 0:
                    rates = alone[n][-1]["tokens_per_s"], whole[n][-1]["tokens_per_s"]
                    progress(f"round {number + 1}, {n}: engine alone {rates[0]:.0f}, whole {rates[1]:.0f} tokens/s")
    _report(setting, alone, whole)


def _alone(engine: Engine, texts: list[str]) -> Facts:
    started = time.perf_counter()
    keys = [engine.submit(text, TG_TOKENS) for text in texts]
    engine.until(lambda: all(engine.done(key) for key in keys))
    seconds = time.perf_counter() - started
    tokens = sum((engine.done(key) or {})["usage"]["completion_tokens"] for key in keys)
    return {"tokens_per_s": tokens / seconds}


def _whole(devices: Crowd[MqttClient], texts: list[str], processes: dict[str, list[psutil.Process]]) -> Facts:
    before = {name: sum(map(_cpu_s, found)) for name, found in processes.items()}
    wave: Wave = devices.wave(lambda client, i, _: client.generate(texts[i], TG_TOKENS), clients=len(texts))
    tokens = sum(answer.completion_tokens for answer in wave.answers)
    used = {name: sum(map(_cpu_s, found)) - before[name] for name, found in processes.items()}
    return {"tokens_per_s": wave.tokens_per_s, **{f"{name}_cpu_ms": 1000 * used[name] / tokens for name in used}}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _report(setting: Setting, alone: dict[int, list[Facts]], whole: dict[int, list[Facts]]) -> None:
    rows: list[dict[str, Any]] = []
    verdict = []
    for n in COUNTS:
        ours, engines = ([one["tokens_per_s"] for one in side[n]] for side in (whole, alone))
        cpu = {key: median(one[key] for one in whole[n]) for key in whole[n][0] if key.endswith("_cpu_ms")}
        rows.append(
            {
                "sequences": n,
                "engine alone tokens_per_s": median(engines),
                "whole tokens_per_s": median(ours),
                **{f"{key.removesuffix('_cpu_ms')} CPU ms a token": value for key, value in cpu.items()},
            }
        )
        question = f"tokens/s over MQTT with daemon and store, {n} device{'s' * (n > 1)}"
        verdict += compared(question, ours, engines, AT_LEAST, LEFT, reference="the engine alone, prompts included")
    settings = {"n_ctx": N_CTX, "slots": SLOTS, "prompt_tokens": PROMPT_TOKENS, "tg_tokens": TG_TOKENS}
    report(setting, rows, verdict, settings=settings, rounds={"engine": alone, "whole": whole})


if __name__ == "__main__":
    run(Parser(str(__doc__), rounds=5), measure)
