"""llama.cpp for the export, in a child process: it aborts on what it dislikes, and its memory ends with it.

``call("quantize", {...}, log)`` runs ``python -m export.native quantize``, with the arguments as JSON on its standard
input, the result as JSON on its standard output and llama.cpp's log in a file.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError

# Operation -> its module in export.llama.
_OPERATIONS = {
    "quantize": "quantiser",
    "plan": "quantiser",
    "imatrix": "importance",
    "sensitivity": "sensitivity",
    "tokenize": "score",
    "logits": "score",
    "compare": "compare",
    "canary": "canary",
}


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


def main(arguments: Sequence[str]) -> None:
    """Carry out one operation."""
    module = importlib.import_module(f"export.llama.{_OPERATIONS[arguments[0]]}")
    result = getattr(module, arguments[0])(**json.loads(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
