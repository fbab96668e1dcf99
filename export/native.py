"""llama.cpp for the export, in a child process: it aborts on what it dislikes, and its memory ends with it.

``call("quantize", {...}, log)`` runs ``python -m export.native quantize``, with the arguments as JSON on its standard
input, the result as JSON on its standard output and llama.cpp's log in a file.
"""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgegen.errors import BundleError

# Half of it is context for the other half, which is scored (llama-perplexity does the same).
CHUNK_TOKENS = 512
# llama.cpp quantises tensors in pieces of this size; its default of 8 GiB is the memory of a whole small box.
QUANTIZE_BUFFER_BYTES = 256 * 1024 * 1024
# The engine reads no more of a canary than its batch (edge.engine.model.N_BATCH).
CANARY_TOKENS = 256
# Positions whose probabilities are held in float64 at once: 33 MB for a vocabulary of 128,000.
_ROWS = 32


def call(operation: str, arguments: Mapping[str, Any], log: Path) -> dict[str, Any]:
    """Run one operation in a child.

    Raises:
        BundleError: If it fails or is killed, with llama.cpp's last error.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"$ {operation} {json.dumps(dict(arguments))[:1000]}\n".encode())
        out.flush()
        start = out.tell()
        done = subprocess.run(
            [sys.executable, "-m", "export.native", operation],
            input=json.dumps(dict(arguments)).encode(),
            stdout=subprocess.PIPE,
            stderr=out,
            check=False,
        )
    if done.returncode == 0:
        result: dict[str, Any] = json.loads(done.stdout)
        return result
    with log.open("rb") as file:
        file.seek(start)
        said = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    how = f"was ended by signal {-done.returncode}" if done.returncode < 0 else "failed"
    raise BundleError(f"{operation} {how}: {said[-1] if said else 'it said nothing'}\nAll it said is in {log}.")


def _quantize(source: str, target: str, ftype: str, threads: int = 0, *, dry_run: bool = False) -> dict[str, Any]:
    """Quantise a GGUF; see ``export.quantize``."""
    import llama_cpp  # noqa: PLC0415

    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{ftype}")
    parameters.nthread = threads
    parameters.dry_run = dry_run
    parameters.max_buf_size = QUANTIZE_BUFFER_BYTES
    status = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))
    if status != 0:
        raise SystemExit(f"llama_model_quantize returned {status}")
    return {"size_bytes": Path(target).stat().st_size if not dry_run else None}


class _Scorer:
    """Logits of one model, with an adapter or without."""

    def __init__(self, path: str, adapter: str | None = None, scale: float = 1.0) -> None:
        import llama_cpp  # noqa: PLC0415

        self._llama = llama_cpp
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(os.fsencode(path), llama_cpp.llama_model_default_params())
        if not self.model:
            raise SystemExit(f"{path}: llama.cpp cannot load this model")
        handle = llama_cpp.llama_adapter_lora_init(self.model, os.fsencode(adapter)) if adapter else None
        if adapter and not handle:
            raise SystemExit(f"{adapter}: llama.cpp cannot load this adapter for {path}")
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self.vocab))
        self.bos = int(llama_cpp.llama_vocab_bos(self.vocab))
        self.begins_with_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.vocab))
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = CHUNK_TOKENS
        # Without flash attention the 16-bit cache is the only rounding beside the weights'.
        parameters.type_k = parameters.type_v = llama_cpp.GGML_TYPE_F32
        parameters.n_threads = parameters.n_threads_batch = len(os.sched_getaffinity(0))
        parameters.flash_attn_type = 0
        self.context = llama_cpp.llama_init_from_model(self.model, parameters)
        if not self.context:
            raise SystemExit(f"{path}: llama.cpp cannot make a context")
        if handle:
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(handle)
            llama_cpp.llama_set_adapters_lora(self.context, handles, 1, (ctypes.c_float * 1)(scale))

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        """The ids of a text."""
        data = text.encode()
        room = len(data) + 8
        tokens = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self.vocab, data, len(data), tokens, room, add_special, parse_special)
        if count < 0:
            raise SystemExit("llama_tokenize found no room")
        return list(tokens[:count])

    def logits(self, tokens: Sequence[int], first: int) -> NDArray[np.float32]:
        """``(len(tokens) - first, n_vocab)``: those of the positions from ``first`` on."""
        llama = self._llama
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        batch = llama.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = i >= first
        status = llama.llama_decode(self.context, batch)
        llama.llama_batch_free(batch)
        if status != 0:
            raise SystemExit(f"llama_decode returned {status}")
        rows = len(tokens) - first
        pointer = ctypes.cast(llama.llama_get_logits(self.context), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, shape=(rows, self.n_vocab)).copy()


def _tokenize(model: str, texts: list[str]) -> dict[str, Any]:
    """The ids of each text with and without the special tokens a model puts around it."""
    import llama_cpp  # noqa: PLC0415

    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    scorer = _Scorer.__new__(_Scorer)
    scorer._llama = llama_cpp  # noqa: SLF001
    native = llama_cpp.llama_model_load_from_file(os.fsencode(model), parameters)
    if not native:
        raise SystemExit(f"{model}: llama.cpp cannot load this model")
    scorer.vocab = llama_cpp.llama_model_get_vocab(native)
    template = llama_cpp.llama_model_chat_template(native, None)
    return {
        "ids": [scorer.tokenize(text, add_special=False, parse_special=True) for text in texts],
        "chat_template": template.decode() if template else None,
    }


def _logits(model: str, tokens: list[int], target: str, adapter: str | None = None) -> dict[str, Any]:
    """Write the logits of all positions to ``target`` (.npy, float32)."""
    scorer = _Scorer(model, adapter)
    np.save(target, scorer.logits(tokens, 0))
    return {"n_vocab": scorer.n_vocab}


def _compare(
    *, reference: str, model: str, text: str, chunks: int, adapter: str | None, reference_adapter: str | None
) -> dict[str, Any]:
    """KL(reference || model), top-token agreement and perplexities over the second halves of 512-token chunks.

    ``adapter`` is put over ``model`` and ``reference_adapter`` over ``reference``.
    """
    one, other = _Scorer(reference, reference_adapter), _Scorer(model, adapter)
    tokens = one.tokenize(text, add_special=False, parse_special=False)
    chunks = min(chunks, len(tokens) // CHUNK_TOKENS)
    if chunks < 1:
        raise SystemExit(f"the text has {len(tokens)} tokens; at least {CHUNK_TOKENS} are needed")
    half = CHUNK_TOKENS // 2
    kl, agree, nll = [], [], np.zeros(2)
    for number in range(chunks):
        part = tokens[number * CHUNK_TOKENS : (number + 1) * CHUNK_TOKENS]
        both = [scorer.logits(part, half) for scorer in (one, other)]
        for start in range(0, half - 1, _ROWS):
            rows = slice(start, min(start + _ROWS, half - 1))
            following = part[half + 1 + rows.start : half + 1 + rows.stop]
            p, q = (_log_softmax(logits[rows]) for logits in both)
            kl.append((np.exp(p) * (p - q)).sum(axis=1))
            agree.append(p.argmax(axis=1) == q.argmax(axis=1))
            nll += [-scores[np.arange(len(p)), following].sum() for scores in (p, q)]
    values, same = np.concatenate(kl), np.concatenate(agree)
    return {
        "kl": float(values.mean()),
        "kl_p99": float(np.quantile(values, 0.99)),
        "top_token_agreement": float(same.mean()),
        "perplexity_reference": float(np.exp(nll[0] / len(values))),
        "perplexity": float(np.exp(nll[1] / len(values))),
        "tokens": len(values),
    }


def _canary(model: str, adapter: str, texts: list[str], scale: float = 1.0) -> dict[str, Any]:
    """KL(adapter || base) of the token after each text, in nats, as the engine measures it (``edge.engine.canary``)."""
    base, adapted = _Scorer(model), _Scorer(model, adapter, scale)
    found = []
    for text in texts:
        tokens = base.tokenize(text, add_special=False, parse_special=False)
        if base.begins_with_bos:
            tokens = [base.bos, *tokens]
        tokens = tokens[:CANARY_TOKENS]
        p, q = (_log_softmax(scorer.logits(tokens, len(tokens) - 1))[0] for scorer in (adapted, base))
        found.append(float((np.exp(p) * (p - q)).sum()))
    return {"kl": found}


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    scores: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return scores


_OPERATIONS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "quantize": _quantize,
    "tokenize": _tokenize,
    "logits": _logits,
    "compare": _compare,
    "canary": _canary,
}


def main(arguments: Sequence[str]) -> None:
    """Carry out one operation."""
    result = _OPERATIONS[arguments[0]](**json.loads(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
