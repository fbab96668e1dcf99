"""The timer that watches a node, judged by systemd's own tools."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def verify(folder: Path, **changed: str) -> str:
    """What `systemd-analyze verify` complains about in the timer and its service."""
    for name in ("edgegen-watch.service", "edgegen-watch.timer"):
        text = (SYSTEMD / name).read_text().replace("/opt/edgegen/bin/edgegen", "/bin/true")
        for old, new in changed.items():
            text = text.replace(f"{old}=", f"{new}=")
        (folder / name).write_text(text)
    command = ["systemd-analyze", "verify", str(folder / "edgegen-watch.timer"), str(folder / "edgegen-watch.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    assert verify(tmp_path) == ""
    assert "OnCalender" in verify(tmp_path, OnCalendar="OnCalender")


def test_the_unit_is_as_closed_as_the_daemons() -> None:
    unit = SYSTEMD / "edgegen-watch.service"
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
