"""How fast the engine is under given settings, found out in a process of its own.

``python -m edge.engine.measure LOAD`` (a ``load`` message as JSON) prints one line of JSON.
"""

import json
import os
import sys
import time
from typing import Any

# Long enough for a figure that repeats, short enough that nine settings take half a minute. A
# board that needs longer for one batch takes that one.
PART_S = 0.6

PROMPT_TOKENS = 512


def measure(load: dict[str, Any]) -> dict[str, Any]:
    """Prompt and generation speed, in tokens a second, and the size of the KV cache.

    Generation is measured with one sequence and with as many as there are slots, each with a short prompt.
    """
    from edge.engine.model import Model  # noqa: PLC0415 - only the child imports llama.cpp
    from edge.engine.options import load_options  # noqa: PLC0415

    model = Model(load_options(load))
    slots = model.options.slots
    words = list(range(100, 100 + PROMPT_TOKENS))  # any tokens cost the same
    prompt = words[: min(PROMPT_TOKENS, model.n_ctx // 2)]
    _prompt_s(model, prompt[: model.n_batch])  # pages in the weights
    seconds, tokens = 0.0, 0
    while seconds < PART_S:
        seconds += _prompt_s(model, prompt)
        tokens += len(prompt)
    return {
        "pp_tokens_per_s": tokens / seconds,
        "tg_tokens_per_s": _tg_rate(model, 1),
        "tg_slots_tokens_per_s": _tg_rate(model, slots),
        "slots": slots,
        "kv_bytes": model.kv_bytes(),
        "flash_attn": model.options.flash_attn,
    }


def _prompt_s(model: Any, tokens: list[int]) -> float:
    """Seconds to compute a prompt in full batches."""
    started = time.perf_counter()
    for at in range(0, len(tokens), model.n_batch):
        chunk = tokens[at : at + model.n_batch]
        model.batch.clear()
        model.batch.add(0, chunk, at, output=at + len(chunk) == len(tokens))
        model.decode()
    model.logits(1)[0].argmax()
    model.forget(0)
    return time.perf_counter() - started


def _tg_rate(model: Any, sequences: int) -> float:
    """Tokens a second of all sequences together."""
    position, seconds, room = 0, 0.0, model.n_ctx // sequences - 1
    while seconds < PART_S and position < room:
        model.batch.clear()
        for seq_id in range(sequences):
            model.batch.add(seq_id, [100 + position % 1000], position, output=True)
        started = time.perf_counter()
        model.decode()
        model.logits(sequences).argmax(axis=1)
        # The first step of a shape reserves the graph.
        seconds += time.perf_counter() - started if position else 0.0
        position += 1
    for seq_id in range(sequences):
        model.forget(seq_id)
    return sequences * (position - 1) / seconds


def main(arguments: list[str]) -> int:
    """Measure one ``load`` message; the reason goes to stderr when it does not load."""
    # A setting is compared with all its threads, on a machine that may be busy. libgomp reads it when it is loaded.
    from edge.engine.cores import SHORT_SPINS, SPIN_COUNT  # noqa: PLC0415
    from edgegen.errors import EngineError  # noqa: PLC0415

    os.environ.setdefault(SPIN_COUNT, SHORT_SPINS)
    try:
        found = measure(json.loads(arguments[0]))
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
