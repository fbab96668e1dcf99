"""The shared prefix on disk: a restarted gateway answers warm.

A file's name is a hash of everything its content depends on: the model's file (size and modification time), the
adapter's, the scale, the context's parameters, llama.cpp's version and the tokens. Its first line is the checksum of
the rest. A file that does not check out is removed and the prefix computed again.
"""

import ctypes
import hashlib
import json
import os
import sys
from pathlib import Path

import llama_cpp

from edge.engine.model import Model

# Files kept in the cache folder; one is ~23 KB a token for a 135M model. Old bundles' files leave first.
KEPT_FILES = 16


class KeptPrefixes:
    """Saves and loads the KV cache of shared prefixes.

    Args:
        folder: None keeps nothing.
    """

    def __init__(self, model: Model, folder: str | None) -> None:
        self._model = model
        self._folder = Path(folder) if folder else None

    def save(self, adapter: str, tokens: list[int], seq_id: int) -> None:
        """Write the state of ``seq_id``; a full disk or a missing folder only costs the next start its warmth."""
        if self._folder is None:
            return
        size = llama_cpp.llama_state_seq_get_size(self._model.context, seq_id)
        state = (ctypes.c_uint8 * size)()
        if llama_cpp.llama_state_seq_get_data(self._model.context, state, size, seq_id) != size:
            return
        path = self._path(adapter, tokens)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(hashlib.blake2b(state).hexdigest().encode() + b"\n")
                file.write(state)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
            self._remove_old()
        except OSError as error:
            sys.stderr.write(f"edgegen engine: the prompt cache {path} was not written: {error}\n")
            temporary.unlink(missing_ok=True)

    def load(self, adapter: str, tokens: list[int], seq_id: int) -> bool:
        """Read the state for ``tokens`` into ``seq_id``; False if there is none that is intact."""
        if self._folder is None:
            return False
        path = self._path(adapter, tokens)
        try:
            checksum, _, state = path.read_bytes().partition(b"\n")
        except OSError:
            return False
        if hashlib.blake2b(state).hexdigest().encode() == checksum:
            buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
            if llama_cpp.llama_state_seq_set_data(self._model.context, buffer, len(state), seq_id):
                os.utime(path)
                return True
        sys.stderr.write(f"edgegen engine: the prompt cache {path} is damaged; it is removed and computed again\n")
        path.unlink(missing_ok=True)
        return False

    def _path(self, adapter: str, tokens: list[int]) -> Path:
        assert self._folder is not None
        options = self._model.options
        files = [options.model, *(a.path for a in options.adapters if a.name == adapter)]
        stats = [Path(name).stat() for name in files]
        facts = [
            [(stat.st_size, stat.st_mtime_ns) for stat in stats],
            self._model.prefix_key(adapter),
            options.kv_type,
            options.flash_attn,
            llama_cpp.__version__,
            tokens,
        ]
        return self._folder / f"prefix-{hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()}.kv"

    def _remove_old(self) -> None:
        assert self._folder is not None
        files = sorted(self._folder.glob("prefix-*.kv"), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT_FILES]:
            path.unlink(missing_ok=True)
