"""The few functions of ggml that llama-cpp-python loads and does not name: types, rows, tensors, GGUF files."""

import ctypes
import functools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"GGUF"
# GGUF_DEFAULT_ALIGNMENT of gguf.h: where each tensor begins.
ALIGNMENT = 32
_FLOATS: dict[str, "np.dtype[Any]"] = {"f16": np.dtype(np.float16), "f32": np.dtype(np.float32)}


class Tensor(ctypes.Structure):
    """``struct ggml_tensor`` of ggml.h, of the pinned llama-cpp-python; see ``check_layout``."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
        ("extra", ctypes.c_void_p),
        ("padding", ctypes.c_char * 8),
    )


class _InitParams(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


class _GgufInitParams(ctypes.Structure):
    _fields_ = (("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p))


_POINTER, _TEXT, _INT, _LONG, _SIZE = (
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_int64,
    ctypes.c_size_t,
)
# Name -> result, arguments (ggml.h, gguf.h).
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "ggml_type_name": (_TEXT, [_INT]),
    "ggml_op_name": (_TEXT, [_INT]),
    "ggml_blck_size": (_LONG, [_INT]),
    "ggml_row_size": (_SIZE, [_INT, _LONG]),
    "ggml_quantize_chunk": (_SIZE, [_INT, _POINTER, _POINTER, _LONG, _LONG, _LONG, _POINTER]),
    "ggml_tensor_overhead": (_SIZE, []),
    "ggml_init": (_POINTER, [_InitParams]),
    "ggml_free": (None, [_POINTER]),
    "ggml_new_tensor_2d": (_POINTER, [_POINTER, _INT, _LONG, _LONG]),
    "ggml_set_name": (_POINTER, [_POINTER, _TEXT]),
    "gguf_init_empty": (_POINTER, []),
    "gguf_init_from_file": (_POINTER, [_TEXT, _GgufInitParams]),
    "gguf_free": (None, [_POINTER]),
    "gguf_add_tensor": (None, [_POINTER, _POINTER]),
    "gguf_find_key": (_LONG, [_POINTER, _TEXT]),
    "gguf_get_arr_n": (_SIZE, [_POINTER, _LONG]),
    "gguf_get_arr_str": (_TEXT, [_POINTER, _LONG, _SIZE]),
    "gguf_get_data_offset": (_SIZE, [_POINTER]),
    "gguf_get_meta_size": (_SIZE, [_POINTER]),
    "gguf_get_n_tensors": (_LONG, [_POINTER]),
    "gguf_get_tensor_name": (_TEXT, [_POINTER, _LONG]),
    "gguf_get_tensor_ne": (ctypes.POINTER(ctypes.c_int64), [_POINTER, _LONG]),
    "gguf_get_tensor_offset": (_SIZE, [_POINTER, _LONG]),
    "gguf_get_tensor_size": (_SIZE, [_POINTER, _LONG]),
    "gguf_get_tensor_type": (_INT, [_POINTER, _LONG]),
    "gguf_get_val_str": (_TEXT, [_POINTER, _LONG]),
    "gguf_get_val_u32": (ctypes.c_uint32, [_POINTER, _LONG]),
    "gguf_remove_key": (_LONG, [_POINTER, _TEXT]),
    "gguf_set_arr_str": (None, [_POINTER, _TEXT, ctypes.POINTER(_TEXT), _SIZE]),
    "gguf_set_tensor_type": (None, [_POINTER, _TEXT, _INT]),
    "gguf_set_val_str": (None, [_POINTER, _TEXT, _TEXT]),
    "gguf_set_val_u32": (None, [_POINTER, _TEXT, ctypes.c_uint32]),
    "gguf_write_to_file": (ctypes.c_bool, [_POINTER, _TEXT, ctypes.c_bool]),
}


@functools.cache
def library() -> Any:
    """Ggml as llama-cpp-python loaded it, with signatures."""
    from llama_cpp._ggml import libggml  # noqa: PLC0415 - loads the library

    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(libggml, name)
        function.restype, function.argtypes = result, arguments
    return libggml


@functools.cache
def types() -> dict[str, int]:
    """Number of each type that this ggml has, by its name in lower case, such as ``q4_k``."""
    import llama_cpp  # noqa: PLC0415 - loads the library

    known = {value for name, value in vars(llama_cpp).items() if re.fullmatch(r"GGML_TYPE_(?!COUNT)\w+", name)}
    named = ((library().ggml_type_name(number), number) for number in sorted(known))
    return {name.decode().lower(): number for name, number in named if name}


def type_name(number: int) -> str:
    """Such as ``Q4_K``, as everything here spells it."""
    return str(library().ggml_type_name(number).decode()).upper()


def block(type_: str) -> int:
    """Values a block of the type has; a row is a whole number of blocks."""
    return int(library().ggml_blck_size(types()[type_.lower()]))


def row_bytes(type_: str, columns: int) -> int:
    """Size of a row."""
    return int(library().ggml_row_size(types()[type_.lower()], columns))


def requantised(rows: NDArray[np.float32], type_: str, importance: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Rows as they come back from a type: quantised as llama-quantize does, and read again.

    Args:
        rows: ``(rows, columns)``.
        importance: ``(columns,)``, or None.
    """
    if type_.lower() in _FLOATS:
        narrow: NDArray[Any] = rows.astype(_FLOATS[type_.lower()])
        return narrow.astype(np.float32)
    ggml, number = library(), types()[type_.lower()]
    rows = np.ascontiguousarray(rows)
    packed = np.empty(len(rows) * row_bytes(type_, rows.shape[1]), np.uint8)
    weights = None if importance is None else np.ascontiguousarray(importance, np.float32)
    pointer = None if weights is None else weights.ctypes.data
    ggml.ggml_quantize_chunk(number, rows.ctypes.data, packed.ctypes.data, 0, len(rows), rows.shape[1], pointer)
    read = getattr(ggml, f"dequantize_row_{ggml.ggml_type_name(number).decode()}")
    read.restype, read.argtypes = None, [_POINTER, _POINTER, _LONG]
    back = np.empty_like(rows)
    read(packed.ctypes.data, back.ctypes.data, back.size)
    return back


def check_layout() -> None:
    """Make a tensor through the library and read it through ``Tensor``.

    Raises:
        SystemExit: If they differ: then this is another llama.cpp than the one edgegen was tested with.
    """
    ggml = library()
    context = ggml.ggml_init(_InitParams(1 << 16, None, False))
    address = ggml.ggml_new_tensor_2d(context, types()["f32"], 7, 3)
    ggml.ggml_set_name(address, b"layout")
    tensor = Tensor.from_address(address)
    same = (tensor.type, list(tensor.ne), list(tensor.nb), tensor.name) == (
        types()["f32"],
        [7, 3, 1, 1],
        [4, 28, 84, 84],
        b"layout",
    )
    ggml.ggml_free(context)
    if not same:
        raise SystemExit(
            "this llama-cpp-python lays tensors out in another way: install a version that edgegen knows, or give "
            "--imatrix FILE"
        )


@dataclass(frozen=True)
class TensorInfo:
    """A tensor of a GGUF.

    Args:
        shape: As ggml counts it: columns first.
        start: Its first byte in the file.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    start: int
    size_bytes: int

    @property
    def rows(self) -> int:
        """Rows of all its matrices."""
        return int(np.prod(self.shape[1:]))

    def read(self, path: Path) -> NDArray[Any]:
        """Its values, ``(rows, columns)``, mapped from the file."""
        if self.type.lower() not in _FLOATS:
            raise SystemExit(f"{path}: {self.name} is {self.type}; F16 or F32 is needed. Export it from 16 bit.")
        shape = (self.rows, self.shape[0])
        values: NDArray[Any] = np.memmap(path, _FLOATS[self.type.lower()], "r", self.start, shape)
        return values


class Gguf:
    """The beginning of a GGUF, read by ggml."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise SystemExit(f"{path}: there is no such file")
        with self.path.open("rb") as file:
            magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise SystemExit(f"{path}: begins with {magic!r}, not with {MAGIC!r}: this is no GGUF")
        self.ggml = library()
        self.context = self.ggml.gguf_init_from_file(os.fsencode(path), _GgufInitParams(True, None))
        if not self.context:
            raise SystemExit(f"{path}: ggml cannot read this GGUF; copy it again")
        self.tensors = {info.name: info for info in self._listing()}
        size = self.path.stat().st_size
        ends = max((info.start + info.size_bytes for info in self.tensors.values()), default=0)
        if ends > size:
            raise SystemExit(f"{path}: has {size} bytes, and its tensors end at {ends}; copy it again")

    def _listing(self) -> Iterator[TensorInfo]:
        ggml, context = self.ggml, self.context
        data = ggml.gguf_get_data_offset(context)
        for i in range(ggml.gguf_get_n_tensors(context)):
            shape = tuple(ggml.gguf_get_tensor_ne(context, i)[:4])
            while len(shape) > 1 and shape[-1] == 1:
                shape = shape[:-1]
            yield TensorInfo(
                ggml.gguf_get_tensor_name(context, i).decode(),
                type_name(ggml.gguf_get_tensor_type(context, i)),
                shape,
                data + ggml.gguf_get_tensor_offset(context, i),
                ggml.gguf_get_tensor_size(context, i),
            )

    def number(self, key: str) -> int | None:
        """A value of type u32, None where there is none."""
        at = self.ggml.gguf_find_key(self.context, key.encode())
        return None if at < 0 else int(self.ggml.gguf_get_val_u32(self.context, at))

    def texts(self, key: str) -> list[str]:
        """An array of strings, empty where there is none."""
        at = self.ggml.gguf_find_key(self.context, key.encode())
        count = 0 if at < 0 else self.ggml.gguf_get_arr_n(self.context, at)
        return [self.ggml.gguf_get_arr_str(self.context, at, i).decode("utf-8", "replace") for i in range(count)]

    def close(self) -> None:
        """Free what ggml holds."""
        self.ggml.gguf_free(self.context)


@contextmanager
def scratch_tensors(size_bytes: int, count: int) -> Iterator[Any]:
    """A ggml context with room for ``count`` tensors of ``size_bytes`` together."""
    ggml = library()
    room = size_bytes + count * (int(ggml.ggml_tensor_overhead()) + 64)
    context = ggml.ggml_init(_InitParams(room, None, False))
    try:
        yield context
    finally:
        ggml.ggml_free(context)
