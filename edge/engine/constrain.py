"""Answers that are JSON for a given schema: which tokens may come next, and which must.

llguidance compiles a schema in about a millisecond, masks in ~0.2 ms a token and knows runs of tokens that the
grammar leaves no choice about. Where it is not installed, llama.cpp's own grammar stands in; that one does not know
integer ranges and the like, so its documents are checked afterwards.
"""

import importlib.util
import json
from collections import OrderedDict
from typing import Any, Protocol

import numpy as np

from edge.engine.sampling import Logits, Sampler
from edge.engine.vocab import Vocab

# Compiled schemas kept: a gateway's devices use a handful; one takes some 100 KB.
KEPT_SCHEMAS = 32

# How llguidance begins its refusal of a schema that is valid and has keywords it does not know.
BEYOND_LLGUIDANCE = "Unimplemented keys"


class SchemaRefusedError(Exception):
    """The schema cannot be compiled or has no valid document; the text is the compiler's own."""


class Constraint(Protocol):
    """The state of one constrained answer."""

    @property
    def complete(self) -> bool:
        """Whether the document is complete and nothing may follow."""

    def copy(self) -> "Constraint":
        """An independent constraint in the same state."""

    def forced(self) -> list[int]:
        """Tokens that must come now, already counted as taken."""

    def pick(self, logits: Logits, sampler: Sampler) -> int:
        """Choose the next token and take it."""

    def parse(self, text: str) -> Any:
        """The document.

        Raises:
            ValueError: It is not valid for the schema.
        """


class Compiler(Protocol):
    """Compiles schemas for one vocabulary."""

    def compile(self, schema: dict[str, Any]) -> Constraint:
        """A fresh constraint.

        Raises:
            SchemaRefusedError: It cannot be compiled.
        """


def best_backend() -> str:
    """``llguidance`` where it is installed, else ``gbnf``; looks without importing, which would cost 20 ms."""
    return "llguidance" if importlib.util.find_spec("llguidance") else "gbnf"


def make_compiler(backend: str, vocab: Vocab) -> Compiler:
    """The compiler; llguidance's token trie takes 0.2 s to build, so make it when the first schema comes."""
    if backend == "llguidance":
        return LlguidanceCompiler(vocab)
    return _gbnf(vocab)


def _gbnf(vocab: Vocab) -> Compiler:
    from edge.engine.gbnf import GbnfCompiler  # noqa: PLC0415 - only where llguidance does not serve

    return GbnfCompiler(vocab)


class LlguidanceCompiler:
    """Schemas through llguidance, with the compiled ones kept."""

    def __init__(self, vocab: Vocab) -> None:
        import llguidance  # noqa: PLC0415 - only gateways whose devices send schemas pay for it
        import llguidance.llamacpp  # noqa: PLC0415

        self._matcher_class = llguidance.LLMatcher
        self._tokenizer = llguidance.llamacpp.lltokenizer_from_vocab(vocab.handle)
        self._vocab = vocab
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def compile(self, schema: dict[str, Any]) -> Constraint:
        """See Compiler. A schema with keywords beyond llguidance goes to llama.cpp's grammar, checked later."""
        try:
            return self._compile(schema)
        except SchemaRefusedError as refusal:
            if BEYOND_LLGUIDANCE not in str(refusal):
                raise
            try:
                return _gbnf(self._vocab).compile(schema)
            except SchemaRefusedError:
                raise refusal from None

    def _compile(self, schema: dict[str, Any]) -> "Matcher":
        text = json.dumps(schema)
        matcher = self._kept.get(text)
        if matcher is None:
            # Free white space would be tokens the device pays for and nobody reads.
            grammar = self._matcher_class.grammar_from_json_schema(text, overrides={"whitespace_flexible": False})
            matcher = self._matcher_class(self._tokenizer, grammar, log_level=0)
            if matcher.is_error():
                raise SchemaRefusedError(matcher.get_error().strip())
            self._kept[text] = matcher
            if len(self._kept) > KEPT_SCHEMAS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(text)
        return Matcher(matcher.deep_copy(), self._vocab)


class Matcher:
    """An llguidance matcher for one answer."""

    def __init__(self, matcher: Any, vocab: Vocab) -> None:
        self._matcher = matcher
        self._vocab = vocab
        self._mask = np.zeros((vocab.n_tokens + 31) // 32, np.uint32)

    @property
    def complete(self) -> bool:
        """See Constraint."""
        return bool(self._matcher.is_stopped())

    def copy(self) -> "Matcher":
        """See Constraint."""
        return Matcher(self._matcher.deep_copy(), self._vocab)

    def forced(self) -> list[int]:
        """See Constraint."""
        tokens: list[int] = self._matcher.compute_ff_tokens()
        if tokens:
            self._take(tokens)
        return tokens

    def pick(self, logits: Logits, sampler: Sampler) -> int:
        """See Constraint."""
        self._matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        bits = np.unpackbits(self._mask.view(np.uint8), count=len(logits), bitorder="little")
        token = sampler.pick(logits, np.flatnonzero(bits))
        self._take([token])
        return token

    def parse(self, text: str) -> Any:
        """See Constraint."""
        return json.loads(text)

    def _take(self, tokens: list[int]) -> None:
        if not self._matcher.consume_tokens(tokens) or (self._matcher.is_error()):
            raise SchemaRefusedError(self._matcher.get_error().strip())
