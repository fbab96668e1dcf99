"""What control groups say of this process's cores: a quota (CPUQuota=, --cpus), and whether nice values count."""

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def is_root(own: Path = OWN) -> bool:
    """Whether this process is in no group of its own, as far as it can see, so that nice values decide about cores.

    A nice value weighs a process within its group only: a service that is niced has its full share beside another
    service (sched(7), "the nice value and group scheduling").
    """
    paths = dict(line.split(":", 2)[1:] for line in _lines(own) if line.count(":") > 1)
    ours = next((path for names, path in paths.items() if "cpu" in names.split(",")), paths.get("", "/"))
    return ours == "/"


def quota_cores(groups: Path = CGROUPS, own: Path = OWN) -> float | None:
    """The tightest quota of the own group and those above it, in cores; None where there is none that can be read.

    The file cpu.max of cgroup v2: ``QUOTA PERIOD`` in microseconds or ``max PERIOD``
    (Documentation/admin-guide/cgroup-v2.rst). What a group of version 1 is kept from shows as waiting only.
    """
    path = next((line.removeprefix("0::/") for line in _lines(own) if line.startswith("0::/")), "")
    folder = groups / path
    quotas = [cores for one in (folder, *folder.parents) if (cores := _read(one / "cpu.max")) is not None]
    return min(quotas, default=None)


def _lines(path: Path) -> list[str]:
    """``ID:CONTROLLERS:PATH`` of each hierarchy; version 2 has the id 0 and names no controllers (cgroups(7))."""
    try:
        return path.read_text().splitlines()
    except (OSError, ValueError):
        return []


def _read(path: Path) -> float | None:
    try:
        quota, period = path.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return None
