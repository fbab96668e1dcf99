"""Records a real terminal session and draws it as SVG: the picture in README.md.

.venv/bin/python docs/record.py docs/demo.svg -- .venv/bin/edgegen demo --once
"""

import argparse
import fcntl
import os
import pty
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 100


def run_in_terminal(command: list[str]) -> bytes:
    """Run a command in a pseudo-terminal, show its output, and return it."""
    child, master = pty.fork()
    if child == 0:
        os.execvp(command[0], command)  # noqa: S606 - the command is the caller's own
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    output = bytearray()
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux ends a pseudo-terminal whose child has left with EIO
            break
        if not chunk:
            break
        output += chunk
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} failed; nothing was recorded")
    return bytes(output)


def last_of_line(line: str) -> str:
    """What stands on a line in the end: a carriage return begins it again, as for a progress bar."""
    return line.rstrip("\r").rpartition("\r")[2]


def main() -> None:
    """Record the command after ``--``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    output = run_in_terminal(arguments.command).decode()
    lines = "\n".join(last_of_line(line) for line in output.split("\n"))
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, force_terminal=True, file=nowhere)
        console.print(Text.from_ansi(lines))
        title = " ".join(Path(part).name for part in arguments.command)
        console.save_svg(str(arguments.out), title=title, theme=MONOKAI)


if __name__ == "__main__":
    main()
