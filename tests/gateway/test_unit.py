"""The systemd unit, judged by systemd's own tools."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = SYSTEMD / "edgegen.service"

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def verify(folder: Path, text: str) -> str:
    """What `systemd-analyze verify` complains about, with a program that exists here."""
    copy = folder / "edgegen.service"
    copy.write_text(text.replace("/opt/edgegen/bin/edgegen", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def exposure(unit: Path, threshold: int) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}", "--no-pager", str(unit)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    assert verify(tmp_path, UNIT.read_text()) == ""


def test_systemd_would_name_a_line_it_does_not_understand(tmp_path: Path) -> None:
    """The check above can fail."""
    assert "WatchdogSeconds" in verify(tmp_path, UNIT.read_text().replace("WatchdogSec=", "WatchdogSeconds="))


def test_the_unit_is_closed() -> None:
    """Exposure of at most 2.0 of 10; a bare unit has 9.6."""
    done = exposure(UNIT, 20)

    assert done.returncode == 0, done.stdout


def test_the_threshold_would_notice_an_open_unit(tmp_path: Path) -> None:
    """Without one of its larger protections the unit is over the threshold."""
    opened = tmp_path / "edgegen.service"
    opened.write_text(
        "".join(f"{line}\n" for line in UNIT.read_text().splitlines() if not line.startswith("SystemCallFilter="))
    )

    assert exposure(opened, 20).returncode != 0


def test_sysusers_makes_the_user_that_the_unit_names(tmp_path: Path) -> None:
    """A system user with its group, its state directory as home, and no shell."""
    target = tmp_path / "etc" / "sysusers.d"
    target.mkdir(parents=True)
    shutil.copy(SYSTEMD / "edgegen.sysusers", target / "edgegen.conf")

    subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=True, capture_output=True)

    users = [line.split(":") for line in (tmp_path / "etc" / "passwd").read_text().splitlines()]
    name, _, uid, _, _, home, shell = next(user for user in users if user[0] == "edgegen")
    assert f"User={name}\n" in UNIT.read_text()
    assert 0 < int(uid) < 1000
    assert home == "/var/lib/edgegen"
    assert shell.endswith("nologin")
