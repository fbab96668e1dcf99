"""llama.cpp's own grammar as the fallback for constrained answers."""

import ctypes
import json
from typing import Any

import jsonschema
import llama_cpp
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf

from edge.engine.constrain import SchemaRefusedError
from edge.engine.sampling import Logits, Sampler
from edge.engine.vocab import Vocab


def parse_grammar(vocab: Vocab, grammar: str) -> Any:
    """llama.cpp's sampler for a grammar with a rule ``root``.

    Raises:
        SchemaRefusedError: It cannot be parsed; llama.cpp then returns NULL, which is not None.
    """
    native = llama_cpp.llama_sampler_init_grammar(vocab.handle, grammar.encode(), b"root")
    if not native:
        raise SchemaRefusedError("llama.cpp cannot parse the grammar it made of the schema")
    return native


class GbnfCompiler:
    """Schemas through llama.cpp's converter to GBNF."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def compile(self, schema: dict[str, Any]) -> "GbnfConstraint":
        """See Compiler."""
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
            grammar = json_schema_to_gbnf(json.dumps(schema))
        except jsonschema.SchemaError as error:
            raise SchemaRefusedError(error.message) from error
        except Exception as error:  # the converter raises whatever it stumbles on
            raise SchemaRefusedError(f"llama.cpp's converter refused it: {error}") from error
        return GbnfConstraint(self._vocab, schema, parse_grammar(self._vocab, grammar))


class GbnfConstraint:
    """A llama.cpp grammar for one answer.

    The grammar is asked about the winner alone first; only on refusal is the whole row filtered, which costs
    7-8.5 ms over 49,152 tokens.
    """

    def __init__(self, vocab: Vocab, schema: dict[str, Any], native: Any) -> None:
        self._vocab = vocab
        self._schema = schema
        self._native = native
        self.complete = False

    def __del__(self) -> None:
        llama_cpp.llama_sampler_free(self._native)

    def copy(self) -> "GbnfConstraint":
        """See Constraint."""
        return GbnfConstraint(self._vocab, self._schema, llama_cpp.llama_sampler_clone(self._native))

    def forced(self) -> list[int]:
        """Never any: llama.cpp's grammar does not say."""
        return []

    def pick(self, logits: Logits, sampler: Sampler) -> int:
        """See Constraint."""
        token = sampler.pick(logits)
        if not len(self._allowed(logits, np.array([token]))):
            allowed = self._allowed(logits, np.arange(len(logits)))
            if not len(allowed):
                raise SchemaRefusedError("llama.cpp's grammar allows no token here")
            token = sampler.pick(logits, allowed)
        llama_cpp.llama_sampler_accept(self._native, token)
        self.complete = self._vocab.is_eog(token)
        return token

    def parse(self, text: str) -> Any:
        """See Constraint."""
        document = json.loads(text)
        try:
            jsonschema.validate(document, self._schema)
        except jsonschema.ValidationError as error:
            raise ValueError(error.message) from error
        return document

    def _allowed(self, logits: Logits, ids: Any) -> Any:
        candidates = np.zeros(len(ids), [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        candidates["id"] = ids
        candidates["logit"] = logits[ids]
        array = llama_cpp.llama_token_data_array(
            data=candidates.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data)),
            size=len(ids),
            selected=-1,
            sorted=False,
        )
        llama_cpp.llama_sampler_apply(self._native, ctypes.byref(array))
        return np.sort(candidates["id"][np.isfinite(candidates["logit"])])
