"""Prompts of an exact number of tokens, all different from the first word on."""

import random
from pathlib import Path

import llama_cpp

from edge.engine.model import LOG
from edge.engine.vocab import Vocab

SUBJECTS = ("pump", "boiler", "valve", "conveyor", "chiller", "turbine", "mixer", "crane", "oven", "filter")
PLACES = ("hall two", "the north yard", "line seven", "the cellar", "station four", "the greenhouse", "bay nine")
FACTS = (
    "its bearing was warm at noon",
    "the pressure fell for an hour",
    "somebody heard a low knocking",
    "the flow sensor was cleaned on Monday",
    "its motor drew more current than usual",
    "the alarm went off and stopped by itself",
    "a technician replaced the seal in spring",
)
# Continuations run on instead of ending after a word.
ENDING = " Here is a long and detailed report about what happened next:"


class Prompts:
    """Texts of a model's tokens.

    Args:
        model: Only its vocabulary is loaded.
    """

    def __init__(self, model: Path) -> None:
        LOG.install()  # keeps llama.cpp's chatter off the screen
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        self._vocab = Vocab(llama_cpp.llama_model_load_from_file(bytes(model), parameters))

    def count(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return len(self._vocab.tokenize(text, special=False))

    def text(self, seed: int, tokens: int) -> str:
        """Sentences about a machine: exactly ``tokens`` tokens, unlike those of any other seed."""
        draw = random.Random(seed)
        ending = ENDING if tokens >= 2 * self.count(ENDING) else ""
        wanted = tokens - self.count(ending)
        body = f"{draw.randrange(100, 1000)} days ago the {draw.choice(SUBJECTS)}"
        while self.count(body) < wanted:
            body += (
                f" in {draw.choice(PLACES)} worried us: {draw.choice(FACTS)}, and {draw.choice(FACTS)}. "
                f"The {draw.choice(SUBJECTS)}"
            )
        return self._cut(body, wanted) + ending

    def _cut(self, text: str, tokens: int) -> str:
        """The first ``tokens`` tokens, padded where cutting joined two into one."""
        ids = self._vocab.tokenize(text, special=False)[:tokens]
        cut = b"".join(map(self._vocab.piece, ids)).decode("utf-8", "ignore")
        while self.count(cut) < tokens:
            cut += " so"
        return cut
