"""What is in a GGUF, found out in a child process: llama.cpp aborts on some malformed files.

``python -m edge.engine.inspect PATH`` prints one line of JSON; ``inspect_gguf`` runs that and returns it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from edge.child import ask_child
from edgegen.errors import BundleError

# The first bytes of every GGUF.
MAGIC = b"GGUF"

# Loading maps the file: 0.1 s from page cache; an 8B model from a slow SD card takes minutes.
TIMEOUT_S = 600.0


def inspect_gguf(path: str | Path) -> dict[str, Any]:
    """Architecture, name, parameters, training context, quantisation, chat template and licence of a GGUF.

    The file is loaded with its vocabulary and tensors, so a file that passes here also loads in the engine.

    Raises:
        BundleError: It is missing, cut short, not a GGUF, or unknown to this llama.cpp; says which.
    """
    path = Path(path)
    _check_beginning(path)
    try:
        said = ask_child("edge.engine.inspect", str(path), timeout_s=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"{path}: not read within {TIMEOUT_S:.0f} s. Is the disk it lies on all right?") from error
    if said.status == 0:
        facts: dict[str, Any] = json.loads(said.answer)
        return facts
    if said.status < 0:
        raise BundleError(
            f"{path}: llama.cpp aborted on this file ({said.last_words or f'signal {-said.status}'}). "
            "It is damaged or malicious: copy it again from its source."
        )
    raise BundleError(said.last_words or f"{path}: could not be read (status {said.status})")


def _check_beginning(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}. Check the path and its permissions.") from error
    if magic != MAGIC:
        raise BundleError(
            f"{path}: begins with {magic!r}, not with {MAGIC!r}: this is no GGUF. "
            "Convert the model with `edgegen export`, or download the .gguf file itself."
        )


def read_facts(path: str) -> dict[str, Any]:
    """The facts of one file, in this process.

    Raises:
        EngineError: llama.cpp cannot load it.
    """
    import llama_cpp  # noqa: PLC0415 - only the child needs it

    from edge.engine.model import open_model, read_metadata  # noqa: PLC0415

    model = open_model(path)
    return {
        "architecture": read_metadata(model, "general.architecture"),
        "name": read_metadata(model, "general.name") or Path(path).stem,
        "n_params": int(llama_cpp.llama_model_n_params(model)),
        "n_ctx_train": int(llama_cpp.llama_model_n_ctx_train(model)),
        "size_bytes": int(llama_cpp.llama_model_size(model)),
        "size_label": read_metadata(model, "general.size_label"),
        "quantisation": (llama_cpp.llama_ftype_name(llama_cpp.llama_model_ftype(model)) or b"").decode(),
        "file_type": int(read_metadata(model, "general.file_type") or -1),
        "chat_template": read_metadata(model, "tokenizer.chat_template"),
        "licence": read_metadata(model, "general.license"),
    }


def main(arguments: list[str]) -> int:
    """Print the facts of one file; the reason goes to stderr when there are none."""
    from edgegen.errors import EngineError  # noqa: PLC0415

    try:
        facts = read_facts(arguments[0])
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
