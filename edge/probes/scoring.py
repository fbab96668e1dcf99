"""How likely a model holds two answers to be: the log-probability of each after the prompt, and their difference.

The engine samples and does not score, so this is a child of its own, which loads the same model with the same chat
template, reads its work from standard input and ends. One JSON document in, one line of JSON for each item out.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from edge.probes.answer import Answer
from edge.probes.suite import Item
from edgegen.errors import EngineError

# No load of a large model and no batch of items takes this long; a child that hangs must end some time.
LIMIT_S = 3600.0


def is_scored(item: Item) -> bool:
    """Whether an item wants log-probabilities and no answer."""
    return bool(item.check["kind"] == "margin")


def margins(load: dict[str, Any], items: Sequence[Item]) -> Iterator[tuple[Item, Answer]]:
    """Score items in a child; each answer is the log-probability of ``right`` less that of ``wrong``, in nats.

    Args:
        load: The ``load`` message of the engine (``edge.loading``).
    """
    work = [
        {"prompt": item.prompt, "adapter": item.adapter, "texts": [item.check["right"], item.check["wrong"]]}
        for item in items
    ]
    started = time.monotonic()
    try:
        child = subprocess.run(
            [sys.executable, "-m", "edge.probes.scoring"],
            input=json.dumps({"load": load, "work": work}),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        for item in items:
            yield item, Answer(seconds=LIMIT_S, problem=f"the scorer was not ready within {LIMIT_S:.0f} s")
        return
    lines = child.stdout.splitlines()
    seconds = (time.monotonic() - started) / len(items)
    for place, item in enumerate(items):
        if place < len(lines):
            right, wrong = json.loads(lines[place])
            yield item, Answer(f"{right - wrong:.6f}", seconds)
        else:
            said = (child.stderr.strip().splitlines() or ["no message"])[-1]
            yield item, Answer(seconds=seconds, problem=f"the scorer ended with status {child.returncode}: {said}")


class _Scorer:
    def __init__(self, load: dict[str, Any]) -> None:
        # In the child alone: the engine is the only other importer of llama_cpp.
        from edge.engine.model import Model, read_metadata  # noqa: PLC0415
        from edge.engine.options import load_options  # noqa: PLC0415
        from edge.engine.template import ChatTemplate  # noqa: PLC0415

        self._model = Model(load_options(load))
        source = load.get("chat_template") or read_metadata(self._model.native, "tokenizer.chat_template")
        if not source:
            raise EngineError(f"{load['model']}: has no chat template, so no prompt can be made for it")
        self._template = ChatTemplate(source, self._model.vocab, load.get("system_prompt"))

    def log_probability(self, prompt: str, text: str, adapter: str | None) -> float:
        """Sum over the tokens of ``text`` as an assistant's answer to ``prompt``, in nats."""
        from edge.engine.sampling import log_probability  # noqa: PLC0415

        model = self._model
        model.use_adapter(adapter or "")
        before = self._template.tokens([{"role": "user", "content": prompt}])
        answer = model.vocab.tokenize(text, special=False)
        if len(before) + len(answer) > model.n_ctx:
            raise EngineError(f"{len(before) + len(answer)} tokens do not fit into n_ctx = {model.n_ctx}")
        row: Any = None
        total, position = 0.0, 0
        # The prompt in chunks, then the answer token by token: a margin's answers are short.
        steps = [before[at : at + model.n_batch] for at in range(0, len(before), model.n_batch)]
        for chunk in [*steps, *([token] for token in answer)]:
            if position >= len(before):
                total += log_probability(row, chunk[0])
            model.batch.clear()
            model.batch.add(0, chunk, position, output=True)
            if model.decode() != 0:
                raise EngineError("no room in the KV cache")
            position += len(chunk)
            row = model.logits(1)[0]
        model.forget(0)
        return total


def main() -> None:
    """The child."""
    document = json.load(sys.stdin)
    scorer = _Scorer(document["load"])
    for one in document["work"]:
        found = [scorer.log_probability(one["prompt"], text, one["adapter"]) for text in one["texts"]]
        print(json.dumps(found), flush=True)  # noqa: T201 - the child's answer


if __name__ == "__main__":
    main()
