"""A process under the rules of MemoryDenyWriteExecute=, which loads the model with its log in Python.

Run as a program: ``write_execute.py seccomp|prctl MODEL`` prints what it found as JSON, and
``write_execute.py run COMMAND...`` becomes another program, which inherits the seccomp filter with all its children.

systemd up to 252 sets a seccomp filter: no ``mmap`` that is writable and executable, no ``mprotect`` that makes
memory executable. Newer ones also use ``prctl(PR_SET_MDWE)`` of Linux 6.3. Both are set here as systemd does it.
"""

import ctypes
import json
import mmap
import os
import platform
import struct
import sys
from typing import Any

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 22, 38, 65
SECCOMP_MODE_FILTER = 2
EPERM = 1

# Numbers of mmap, mprotect and pkey_mprotect (asm/unistd.h).
CALLS = {"x86_64": (9, 10, 329), "aarch64": (222, 226, 288)}

# Classic BPF (linux/bpf_common.h): load a word, and with a constant, jump if equal, jump if any bit set, return.
LD, AND, JEQ, JSET, RET = 0x20, 0x54, 0x15, 0x45, 0x06
ALLOW, DENY = 0x7FFF0000, 0x00050000 | EPERM
NUMBER, PROT = 0, 32  # offsets in struct seccomp_data: the call and its third argument
WRITE_EXEC, EXEC = mmap.PROT_WRITE | mmap.PROT_EXEC, mmap.PROT_EXEC

LIBC = ctypes.CDLL(None, use_errno=True)


def set_seccomp() -> bool:
    """The filter of systemd 252."""
    mmap_, mprotect, pkey_mprotect = CALLS[platform.machine()]
    program = [
        (LD, 0, 0, NUMBER),
        (JEQ, 3, 0, mmap_),
        (JEQ, 6, 0, mprotect),
        (JEQ, 5, 0, pkey_mprotect),
        (RET, 0, 0, ALLOW),
        (LD, 0, 0, PROT),
        (AND, 0, 0, WRITE_EXEC),
        (JEQ, 3, 0, WRITE_EXEC),
        (RET, 0, 0, ALLOW),
        (LD, 0, 0, PROT),
        (JSET, 0, 1, EXEC),
        (RET, 0, 0, DENY),
        (RET, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    no_new = LIBC.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)
    return int(no_new) == 0 and int(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header)) == 0


def set_prctl() -> bool:
    """The flag of systemd 253 and later; False on a kernel before 6.3."""
    return int(LIBC.prctl(PR_SET_MDWE, ctypes.c_ulong(1), 0, 0, 0)) == 0


def write_execute_page() -> str:
    """What happens to a page that is writable and executable."""
    try:
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | WRITE_EXEC).close()
    except OSError:
        return "denied"
    return "granted"


def main() -> None:
    """Close the door, check that it is closed, then use the model."""
    if sys.argv[1] == "run":
        assert set_seccomp()
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a shell is what must not be between
    kind, model_path = sys.argv[1:]
    if not {"seccomp": set_seccomp, "prctl": set_prctl}[kind]():
        print(json.dumps({"rules": "unsupported"}))
        return
    found: dict[str, Any] = {"rules": "set", "page": write_execute_page()}

    import llama_cpp  # after the rules: loading the library is part of the question
    import llguidance

    lines: list[bytes] = []
    log = llama_cpp.llama_log_callback(lambda _level, text, _data: lines.append(text))
    llama_cpp.llama_log_set(log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(model_path.encode(), llama_cpp.llama_model_default_params())
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 256
    context = llama_cpp.llama_init_from_model(model, parameters)
    tokens = (llama_cpp.llama_token * 3)(1, 2, 3)
    found["decode"] = llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, 3))
    found["log_lines"] = len(lines)
    found["llguidance"] = llguidance.__name__
    print(json.dumps(found))


if __name__ == "__main__":
    main()
