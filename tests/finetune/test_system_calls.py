"""A training asks for nothing outside this machine: seen by the kernel, whatever language asks.

``test_offline`` watches Python's sockets in its own process. Compiled libraries and child processes do not pass there;
strace sees what they ask of the kernel.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from finetune.training.record import recipe_as_run
from tests.finetune.runs import recipe_at

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None and "CI" not in os.environ, reason="strace is not installed"
)

# Of what sends to an address, strace shows the address; io_uring would send unseen, so it is watched too.
CALLS = "connect,sendto,sendmsg,sendmmsg,io_uring_setup"
# A name that a daemon looks up for us is asked of its local socket.
OUTWARD = re.compile(r"sa_family=AF_INET6?\b|sun_path=\"[^\"]*resolve|io_uring_setup\(", re.IGNORECASE)
# A port at which nothing listens (discard).
NOBODY = 9


class Watched:
    """A program of this Python and its children, and what of it went outward.

    Args:
        record: Where strace writes.
    """

    def __init__(self, record, *words, **environment):
        self.record = record
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
        watch = ["strace", "--follow-forks", "--seccomp-bpf", "--quiet=all", f"--output={record}", f"--trace={CALLS}"]
        self.process = subprocess.Popen(
            [*watch, sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=clean | environment,
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def outward(self):
        """The calls so far that go out of the machine."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if OUTWARD.search(line)]


@pytest.fixture
def recipe(bench, tmp_path):
    """DoRA is saved by PEFT itself, which looks bases up on the hub where it finds no folder."""
    path = tmp_path / "recipe.toml"
    chosen = recipe_at(bench, tmp_path / "run", "method.name=dora", "run.samples=1", "train.steps=2")
    path.write_text(recipe_as_run(chosen))
    return path


def test_a_training_connects_to_nothing_and_the_same_with_the_hub_would_be_seen(recipe, tmp_path):
    """Side by side: the recipe, and one that lets the hub be asked for a base that is not here."""
    online = tmp_path / "online.toml"
    text = re.sub(r'^model = ".*"', 'model = "some/where"', recipe.read_text(), count=1, flags=re.MULTILINE)
    online.write_text(text.replace("hub = false", "hub = true"))
    run = ("-m", "edgegen.cli", "finetune", "run")
    elsewhere = ("--set", f"run.folder={tmp_path / 'asking'}")
    hub = {"HF_ENDPOINT": f"http://127.0.0.1:{NOBODY}"}
    with (
        Watched(tmp_path / "offline.strace", *run, str(recipe)) as offline,
        Watched(tmp_path / "online.strace", *run, str(online), *elsewhere, **hub) as asking,
    ):
        said = offline.process.communicate(timeout=300)[0]
        deadline = time.monotonic() + 300
        while not asking.outward() and asking.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)

        assert offline.process.returncode == 0, said
        assert (tmp_path / "run/REPORT.md").exists()
        assert offline.outward() == []
        assert any(f"htons({NOBODY})" in call for call in asking.outward())


@pytest.mark.parametrize(
    "ask",
    [
        "socket.socket().connect_ex(('127.0.0.1', 9))",
        "socket.socket(socket.AF_INET6).connect_ex(('::1', 9))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'hello', ('127.0.0.1', 9))",
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'hello'], (), 0, ('127.0.0.1', 9))",
        "socket.socket(socket.AF_UNIX).connect_ex('/run/systemd/resolve/io.systemd.Resolve')",
    ],
    ids=["IPv4", "IPv6", "datagram", "message", "resolver"],
)
def test_whatever_a_child_asks_of_the_kernel_is_seen(tmp_path, ask):
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-ISc', {f'import socket; {ask}'!r}], check=True)"

    with Watched(tmp_path / "strace", "-ISc", child) as watched:
        said = watched.process.communicate(timeout=60)[0]

    assert watched.process.returncode == 0, said
    assert len(watched.outward()) == 1


def test_a_program_that_asks_for_nothing_is_seen_to(tmp_path):
    local = "import socket; pair = socket.socketpair(); pair[0].send(b'x'); socket.socket(1).connect_ex('/nobody')"

    with Watched(tmp_path / "strace", "-ISc", local) as watched:
        watched.process.communicate(timeout=60)

    assert watched.process.returncode == 0
    assert "AF_UNIX" in watched.record.read_text()
    assert watched.outward() == []
