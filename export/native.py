"""llama.cpp for the export, in a child process: it aborts on what it dislikes, and its memory ends with it.

``call("quantize", {...}, log)`` runs ``python -m export.native quantize``, with the arguments as JSON on its standard
input, the result as JSON on the last line of its standard output and llama.cpp's log in a file. Lines before it say how
far it is (``export.llama.progress``).
"""

import contextlib
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any

from edgegen.errors import BundleError
from export.progress import Progress

# Begins a line that says how much is done of how much.
MARK = b"progress "
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


def call(
    operation: str, arguments: Mapping[str, Any], log: Path, say: Callable[[str], object] | None = None
) -> dict[str, Any]:
    """Run one operation in a child.

    Args:
        say: Called with a line now and then that says how far it is.

    Raises:
        BundleError: If it fails or is killed, with llama.cpp's last error.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"$ {operation} {json.dumps(dict(arguments))[:1000]}\n".encode())
        out.flush()
        start = out.tell()
        status, last = _run(operation, json.dumps(dict(arguments)).encode(), out, Progress(say) if say else None)
    if status == 0:
        result: dict[str, Any] = json.loads(last)
        return result
    with log.open("rb") as file:
        file.seek(start)
        said = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    how = f"was ended by signal {-status}" if status < 0 else "failed"
    raise BundleError(f"{operation} {how}: {said[-1] if said else 'it said nothing'}\nAll it said is in {log}.")


def _run(operation: str, arguments: bytes, log: IO[bytes], progress: Progress | None) -> tuple[int, bytes]:
    """Exit status and last line of the child; it does not outlive an exception here."""
    command = [sys.executable, "-m", "export.native", operation]
    last = b""
    # It keeps the working folder's lock, which is the one open file that is inheritable: see `export.workfolder`.
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=log, close_fds=False) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin:  # a child that died says why in the log
                process.stdin.write(arguments)
            for line in process.stdout:
                last = line
                if progress is not None and line.startswith(MARK):
                    done, total = line[len(MARK) :].split()
                    progress.at(float(done), float(total))
        except BaseException:
            process.kill()
            raise
    return process.returncode, last


def main(arguments: Sequence[str]) -> None:
    """Carry out one operation."""
    module = importlib.import_module(f"export.llama.{_OPERATIONS[arguments[0]]}")
    result = getattr(module, arguments[0])(**json.loads(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
