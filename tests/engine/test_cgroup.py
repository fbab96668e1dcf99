"""Control groups may leave fewer cores than there are."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.core.threads import within
from edge.engine import cgroup, cores

OWN = Path("system.slice/edgegen.service")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A process in a service's group, none of which limits it."""
    (tmp_path / OWN).mkdir(parents=True)
    (tmp_path / OWN / "cpu.max").write_text("max 100000\n")
    file = tmp_path / "own"
    file.write_text(f"4:memory:/elsewhere\n0::/{OWN}\n")
    return file


def test_the_tightest_quota_of_all_groups_above_counts(tmp_path: Path, own: Path) -> None:
    """A slice may allow less than the service in it."""
    assert cgroup.quota_cores(tmp_path, own) is None

    (tmp_path / OWN.parent / "cpu.max").write_text("250000 100000\n")
    assert cgroup.quota_cores(tmp_path, own) == 2.5

    (tmp_path / OWN / "cpu.max").write_text("300000 100000\n")
    assert cgroup.quota_cores(tmp_path, own) == 2.5

    (tmp_path / OWN / "cpu.max").write_text("50000 100000\n")
    assert cgroup.quota_cores(tmp_path, own) == 0.5


@pytest.mark.parametrize("named", ["0::/\n", "0::/../other\n", "4:cpu:/docker/1\n", "", None])
def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path, named: str | None) -> None:
    """Whatever the process is called there; without /proc/self/cgroup nothing fails."""
    groups, own = tmp_path / "cgroup", tmp_path / "own"
    groups.mkdir()
    (groups / "cpu.max").write_text("150000 100000\n")
    if named is not None:
        own.write_text(named)

    assert cgroup.quota_cores(groups, own) == 1.5


@pytest.mark.parametrize("text", ["", "max", "100000", "100000 0", "a b"])
def test_what_cannot_be_understood_is_no_quota(tmp_path: Path, own: Path, text: str) -> None:
    """It is no reason for an engine not to start."""
    (tmp_path / OWN / "cpu.max").write_text(text)

    assert cgroup.quota_cores(tmp_path, own) is None


@pytest.mark.parametrize(
    ("cores", "most", "threads"),
    [(0.1, 4, 1), (1, 4, 1), (1.5, 2, 1), (1.6, 2, 2), (2, 4, 2), (2.5, 4, 2), (3.8, 4, 4), (4, 4, 4), (64, 4, 4)],
)
def test_a_quota_allows_as_many_threads_as_it_would_not_take_away_again(cores: float, most: int, threads: int) -> None:
    """What waits for the next period waits for a core: the same bound."""
    assert within(cores, most) == threads


def test_threads_that_follow_start_within_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that somebody fixed stays."""
    monkeypatch.setattr(cores, "quota_cores", lambda: 2.0)

    assert cores.Cores(4, following=True).threads == 2
    assert cores.Cores(4, following=False).threads == 4


@pytest.mark.parametrize(
    ("named", "root"),
    [
        ("0::/\n", True),
        ("1:cpu:/\n0::/unified\n", True),
        ("", True),
        (f"0::/{OWN}\n", False),
        (f"3:cpu,cpuacct:/{OWN}\n0::/\n", False),
    ],
)
def test_nice_values_decide_in_the_root_group_only(tmp_path: Path, named: str, root: bool) -> None:
    """Version 1, version 2 and both at once."""
    own = tmp_path / "own"
    own.write_text(named)

    assert cgroup.is_root(own) is root


def test_the_time_of_niced_processes_is_not_free_to_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another service's nice value gives this one nothing."""

    def niced_s() -> float:
        monkeypatch.setattr(cores, "is_root", lambda: False)
        apart = cores.spare_s()
        monkeypatch.setattr(cores, "is_root", lambda: True)
        together = cores.spare_s()
        assert together is not None
        assert apart is not None
        return together - apart

    monkeypatch.setattr(os, "getpriority", lambda *_: 0)  # the tests may be niced themselves
    niced = "import os; os.nice(19)\nwhile True: pass"
    before, deadline = niced_s(), time.monotonic() + 20
    child = subprocess.Popen([sys.executable, "-c", niced])
    try:
        # Idle time that passes between the two readings counts too, but never half a second of it.
        while niced_s() - before < 0.5 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()

    assert time.monotonic() < deadline
