"""Installing, switching, going back: each step whole, and on the record."""

import fcntl
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from edgegen.bundle import activate, current_folder, verify_bundle
from edgegen.bundle_install import activate_installed, find_installed, remove_installed, roll_back, tell_daemon
from edgegen.bundle_policy import Policy
from edgegen.errors import BundleError
from tests.export.bundles import CONTENTS, Gateway, make_bundle, make_gateway, make_tar


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return make_gateway(tmp_path / "gateway")


def test_a_signed_folder_is_installed_and_current(gateway: Gateway, tmp_path: Path) -> None:
    bundle = gateway.signed(tmp_path / "stick")

    done = gateway.install(bundle)

    assert current_folder(gateway.data_dir) == done.folder == gateway.data_dir / "bundles" / "pump-1.4.0"
    assert done.signer == gateway.public
    assert verify_bundle(done.folder).version == "1.4.0"
    assert (done.folder / "bundle.sig").read_bytes() == (bundle / "bundle.sig").read_bytes()
    assert gateway.events == [
        f"installs pump-1.4.0, signed by maker ({gateway.public.id})",
        "installed: current is pump-1.4.0, was nothing",
    ]


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("inside", [True, False])
def test_an_archive_is_as_good_as_a_folder(gateway: Gateway, tmp_path: Path, format_: int, *, inside: bool) -> None:
    long = {f"probes/{'x' * 120}.toml": b"", f"probes/{'y' * 80}/{'z' * 80}.toml": b""}
    bundle = gateway.signed(tmp_path / "stick", contents={} if format_ == tarfile.USTAR_FORMAT else long)
    archive = tmp_path / "bundle.tar"
    if inside:
        make_tar(bundle, archive, format_)
    else:
        with tarfile.open(archive, "w", format=format_) as file:
            file.add(bundle, ".")

    done = gateway.install(archive)

    assert (done.folder / "manifest.json").read_bytes() == (bundle / "manifest.json").read_bytes()
    assert verify_bundle(done.folder)


def test_the_systems_tar_makes_what_is_read(gateway: Gateway, tmp_path: Path) -> None:
    bundle = gateway.signed(tmp_path / "stick")
    subprocess.run(["tar", "-C", bundle.parent, "-cf", tmp_path / "b.tar", bundle.name], check=True)

    assert gateway.install(tmp_path / "b.tar").manifest.version == "1.4.0"


def test_checks_see_the_verified_copy_and_a_failed_one_leaves_nothing(gateway: Gateway, tmp_path: Path) -> None:
    gateway.install(gateway.signed(tmp_path / "a", "1.3.0"))
    before, seen = gateway.state(), []

    def refuse(folder: Path) -> None:
        seen.append(verify_bundle(folder).version)
        raise BundleError("does not speak")

    with pytest.raises(BundleError, match="does not speak"):
        gateway.install(gateway.signed(tmp_path / "b", "1.4.0"), checks=(refuse,))

    assert seen == ["1.4.0"]
    assert gateway.state() == before


def test_installing_again_changes_nothing_and_a_damaged_copy_is_replaced(gateway: Gateway, tmp_path: Path) -> None:
    bundle = gateway.signed(tmp_path / "stick")
    installed = gateway.install(bundle).folder
    inode = (installed / "model.gguf").stat().st_ino

    gateway.install(bundle)

    assert (installed / "model.gguf").stat().st_ino == inode
    (installed / "model.gguf").write_bytes(b"GGUF")
    gateway.install(bundle)
    assert verify_bundle(installed)


def test_a_version_is_given_once(gateway: Gateway, tmp_path: Path) -> None:
    installed = gateway.install(gateway.signed(tmp_path / "a")).folder
    other = gateway.signed(tmp_path / "b", system_prompt="Other.")

    with pytest.raises(BundleError, match="another bundle of this name and version"):
        gateway.install(other)

    gateway.install(gateway.signed(tmp_path / "c", "2.0.0", name="else"))
    gateway.install(gateway.signed(tmp_path / "d", "2.0.1", name="else"))
    remove_installed(gateway.data_dir, installed, audit=gateway.events.append)
    with pytest.raises(BundleError, match="another bundle of this name and version"):
        gateway.install(other)


def test_versions_never_go_down_unless_someone_says_so_on_the_record(gateway: Gateway, tmp_path: Path) -> None:
    gateway.install(gateway.signed(tmp_path / "a", "1.10.0"))
    old = gateway.signed(tmp_path / "b", "1.9.0")

    with pytest.raises(BundleError, match=r"1\.9\.0 is below 1\.10\.0.*--allow-downgrade"):
        gateway.install(old)
    assert current_folder(gateway.data_dir).name == "pump-1.10.0"  # type: ignore[union-attr]

    gateway.install(old, allow_downgrade=True)
    assert current_folder(gateway.data_dir).name == "pump-1.9.0"  # type: ignore[union-attr]
    assert "override: pump-1.9.0 although 1.10.0 has been current here" in gateway.events
    with pytest.raises(BundleError, match=r"below 1\.10\.0"):
        gateway.install(gateway.signed(tmp_path / "c", "1.9.5"))


def test_a_version_that_was_added_without_a_record_counts_too(gateway: Gateway, tmp_path: Path) -> None:
    """`edgegen model add` makes a bundle current by itself."""
    folder = make_bundle(gateway.data_dir / "bundles", "3.0.0")
    activate(gateway.data_dir, folder)

    with pytest.raises(BundleError, match=r"below 3\.0\.0"):
        gateway.install(gateway.signed(tmp_path / "a", "2.9.9"))


def test_an_override_that_cannot_be_recorded_does_not_happen(gateway: Gateway, tmp_path: Path) -> None:
    gateway.install(gateway.signed(tmp_path / "a", "1.4.0"))
    old = gateway.signed(tmp_path / "b", "1.3.0")
    before = gateway.state()

    def full(_: str) -> None:
        raise BundleError("disk full")

    gateway.events = type("Full", (list,), {"append": lambda _, line: full(line)})()
    with pytest.raises(BundleError, match="disk full"):
        gateway.install(old, allow_downgrade=True)

    assert gateway.state() == before


def test_an_unsigned_bundle_needs_an_explicit_word(gateway: Gateway, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "stick")

    with pytest.raises(BundleError, match=r"not signed \(trusted keys: maker\).*--allow-unsigned"):
        gateway.install(bundle)

    assert gateway.install(bundle, allow_unsigned=True).signer is None
    assert "override: pump-1.4.0 although no trusted key has signed it" in gateway.events


def test_too_little_room_is_said_with_the_number_before_anything_is_copied(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = gateway.signed(tmp_path / "stick")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())

    with pytest.raises(BundleError, match=r"needs 67 MB while it runs, and 1 MB are free"):
        gateway.install(bundle)

    assert not (gateway.data_dir / "bundles").exists()


def test_going_back_swaps_current_and_previous(gateway: Gateway, tmp_path: Path) -> None:
    gateway.install(gateway.signed(tmp_path / "a", "1.3.0"))
    gateway.install(gateway.signed(tmp_path / "b", "1.4.0"))

    roll_back(gateway.data_dir, audit=gateway.events.append, reason="it stammers")

    assert current_folder(gateway.data_dir).name == "pump-1.3.0"  # type: ignore[union-attr]
    assert (gateway.data_dir / "previous").resolve().name == "pump-1.4.0"
    assert gateway.events[-1] == "rolled back, it stammers: current is pump-1.3.0, was pump-1.4.0"


def test_there_is_nothing_to_go_back_to_at_first_and_a_damaged_one_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    old = gateway.install(gateway.signed(tmp_path / "a", "1.3.0")).folder
    with pytest.raises(BundleError, match="no previous bundle"):
        roll_back(gateway.data_dir, audit=gateway.events.append, reason="")
    gateway.install(gateway.signed(tmp_path / "b", "1.4.0"))
    (old / "model.gguf").write_bytes(b"GGUF")

    with pytest.raises(BundleError, match=r"model\.gguf: has 4 bytes"):
        roll_back(gateway.data_dir, audit=gateway.events.append, reason="")

    assert current_folder(gateway.data_dir).name == "pump-1.4.0"  # type: ignore[union-attr]


def test_activating_asks_for_signature_version_and_integrity_again(gateway: Gateway, tmp_path: Path) -> None:
    policy = Policy({gateway.public.id: gateway.public})
    gateway.install(gateway.signed(tmp_path / "a", "1.3.0"))
    gateway.install(gateway.signed(tmp_path / "b", "1.4.0"))
    folder = find_installed(gateway.data_dir, "pump-1.3.0")

    with pytest.raises(BundleError, match="--allow-downgrade"):
        activate_installed(gateway.data_dir, folder, policy, audit=gateway.events.append)
    waived = Policy(policy.keys, allow_downgrade=True)
    (folder / "bundle.sig").unlink()
    with pytest.raises(BundleError, match="not signed"):
        activate_installed(gateway.data_dir, folder, waived, audit=gateway.events.append)
    (folder / "model.gguf").write_bytes(CONTENTS["model.gguf"][:-1] + b"S")
    with pytest.raises(BundleError, match="has sha256"):
        activate_installed(gateway.data_dir, folder, waived, audit=gateway.events.append)


def test_what_serves_is_not_removed(gateway: Gateway, tmp_path: Path) -> None:
    folders = [gateway.install(gateway.signed(tmp_path / v, v)).folder for v in ("1.1.0", "1.2.0", "1.3.0")]

    for folder in folders[1:]:
        with pytest.raises(BundleError, match="current or previous"):
            remove_installed(gateway.data_dir, folder, audit=gateway.events.append)
    remove_installed(gateway.data_dir, folders[0], audit=gateway.events.append)

    assert not folders[0].exists()


def test_a_running_daemon_is_told_and_a_dead_one_is_not(tmp_path: Path) -> None:
    """The lock file outlives its daemon, so its number alone may be another process by now."""
    assert tell_daemon(tmp_path) is None
    lock = (tmp_path / "edgegen.lock").open("w")
    waits = "import signal, sys; signal.signal(1, lambda *_: sys.exit(7)); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", waits], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        lock.write(f"{child.pid}\n")
        lock.flush()
        assert tell_daemon(tmp_path) is None

        fcntl.flock(lock, fcntl.LOCK_EX)
        assert tell_daemon(tmp_path) == child.pid

        assert child.wait(60) == 7


def test_nothing_that_a_stick_changes_meanwhile_gets_in(gateway: Gateway, tmp_path: Path) -> None:
    """What was checked is what is installed, even when the stick answers differently the second time."""
    bundle = gateway.signed(tmp_path / "stick")
    good = (bundle / "manifest.json").read_bytes()
    (bundle / "manifest.json").rename(bundle / "kept")
    os.mkfifo(bundle / "manifest.json")
    with pytest.raises(BundleError):
        gateway.install(bundle)
    (bundle / "manifest.json").unlink()
    (bundle / "kept").rename(bundle / "manifest.json")

    def swap(folder: Path) -> None:
        (bundle / "manifest.json").write_bytes(b"{}")
        (bundle / "model.gguf").write_bytes(b"GGUFevil")
        assert (folder / "manifest.json").read_bytes() == good

    done = gateway.install(bundle, checks=(swap,))

    assert verify_bundle(done.folder)
    assert (done.folder / "model.gguf").read_bytes() == CONTENTS["model.gguf"]


def test_a_killed_installation_leaves_the_current_bundle_and_the_next_one_works(
    gateway: Gateway, tmp_path: Path
) -> None:
    gateway.install(gateway.signed(tmp_path / "a", "1.3.0"))
    bundle = gateway.signed(tmp_path / "b", "1.4.0")
    script = (
        "import os, sys; from pathlib import Path; from tests.export.bundles import *\n"
        "data, key, bundle = map(Path, sys.argv[1:])\n"
        "gateway = Gateway(data, read_private_key(key), read_public_key(key.with_name('maker.pub')))\n"
        f"gateway.install(bundle, checks=(lambda folder: os.kill(os.getpid(), {int(signal.SIGKILL)}),))\n"
    )
    arguments = [gateway.data_dir, gateway.data_dir.parent / "maker", bundle]
    done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert current_folder(gateway.data_dir).name == "pump-1.3.0"  # type: ignore[union-attr]

    gateway.install(bundle)

    assert current_folder(gateway.data_dir).name == "pump-1.4.0"  # type: ignore[union-attr]
    assert sorted(p.name for p in (gateway.data_dir / "bundles").iterdir()) == [
        ".highest.json",
        ".lock",
        "pump-1.3.0",
        "pump-1.4.0",
    ]
