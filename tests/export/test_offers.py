"""What lies on a stick or in the inbox is offered with what speaks against it, whatever else is there."""

import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import offers
from edge.offers import OfferWatch, look
from edgegen.bundle_offers import MAX_OFFERS, Offer, candidates, find_offer, find_offers
from edgegen.config import Config, load_config
from edgegen.errors import BundleError
from tests.brokers import PATIENCE_S
from tests.export.bundles import Gateway, make_bundle, make_gateway, make_tar


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    gateway = make_gateway(tmp_path / "gateway")
    gateway.install(gateway.signed(tmp_path / "first", "1.3.0"))
    (gateway.data_dir / "keys").mkdir()
    shutil.copy(tmp_path / "gateway" / "maker.pub", gateway.data_dir / "keys")
    return gateway


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def config(gateway: Gateway, stick: Path) -> Config:
    return load_config(None, [f"node.data_dir={gateway.data_dir}", f"update.stick={stick}"])


def offered(config: Config, gateway: Gateway) -> dict[str, Offer]:
    return {offer.offer: offer for offer in find_offers(config, {gateway.public.id: gateway.public})}


def test_a_good_bundle_is_acceptable_as_folder_and_archive(config: Config, gateway: Gateway, stick: Path) -> None:
    make_tar(gateway.signed(stick), stick / "pump.tar")

    found = offered(config, gateway)

    assert found.keys() == {"pump-1.4.0", "pump.tar"}
    for offer in found.values():
        assert (offer.name, offer.version, offer.signed_by, offer.why_not) == ("pump", "1.4.0", "maker", None)
        assert not offer.installed


def test_what_would_be_refused_says_why(config: Config, gateway: Gateway, stick: Path) -> None:
    gateway.signed(stick, "1.2.0")
    make_bundle(stick, "1.5.0")
    gateway.signed(stick, "1.6.0")
    (stick / "pump-1.6.0" / "model.gguf").write_bytes(b"GGUF")  # half copied
    (stick / "cut.tar").write_bytes(make_tar(gateway.signed(stick, "1.7.0"), stick / "x").read_bytes()[:3000])

    found = offered(config, gateway)

    assert "below 1.3.0" in str(found["pump-1.2.0"].why_not)
    assert "not signed" in str(found["pump-1.5.0"].why_not)
    assert "model.gguf: has 4 bytes" in str(found["pump-1.6.0"].why_not)
    assert "the archive" in str(found["cut.tar"].why_not)
    assert found["pump-1.7.0"].why_not is None


def test_what_is_installed_and_current_says_so(config: Config, gateway: Gateway, tmp_path: Path) -> None:
    inbox = gateway.data_dir / "inbox"
    inbox.mkdir()
    shutil.copytree(tmp_path / "first" / "pump-1.3.0", inbox / "again")

    offer = offered(config, gateway)["again"]

    assert (offer.place, offer.installed, offer.current) == ("inbox", True, True)


def test_pipes_links_rubbish_and_thousands_of_files_are_passed_over(
    config: Config, gateway: Gateway, stick: Path
) -> None:
    os.mkfifo(stick / "pipe.tar")
    (stick / "link.tar").symlink_to("/etc/passwd")
    (stick / "loop").symlink_to(stick)
    (stick / "folder").mkdir()
    os.mkfifo(stick / "folder" / "manifest.json")
    (stick / "deep").mkdir()
    (stick / "deep" / "manifest.json").symlink_to("/dev/zero")
    for i in range(5000):
        (stick / f"photo-{i}.jpg").touch()
    (stick / os.fsdecode(b"\xff\n.tar")).touch()
    gateway.signed(stick)

    started = time.process_time()
    found = offered(config, gateway)
    size = len(look([stick]))

    assert found.keys() == {"pump-1.4.0"}
    assert time.process_time() - started < 5
    assert size <= offers.MAX_ENTRIES


def test_a_hundred_bundles_are_not_all_read(config: Config, gateway: Gateway, stick: Path) -> None:
    for i in range(100):
        (stick / f"{i}.tar").touch()

    assert len(offered(config, gateway)) == MAX_OFFERS


def test_a_bundle_with_thousands_of_stray_files_gets_a_short_reason(
    config: Config, gateway: Gateway, stick: Path
) -> None:
    bundle = gateway.signed(stick)
    for i in range(3000):
        (bundle / f"stray-{i}").touch()

    assert len(str(offered(config, gateway)["pump-1.4.0"].why_not)) <= 500


def test_a_stick_that_vanishes_while_it_is_read_is_no_crash(config: Config, gateway: Gateway, stick: Path) -> None:
    """Pulled out and put in again, over and over, under the reader."""
    master = gateway.signed(stick.parent / "master")
    done = threading.Event()

    def pull_out_and_in() -> None:
        while not done.is_set():
            shutil.copytree(master, stick / master.name)
            time.sleep(0.002)
            shutil.rmtree(stick / master.name)

    thread = threading.Thread(target=pull_out_and_in)
    thread.start()
    seen: list[str | None] = []
    try:
        until = time.monotonic() + PATIENCE_S
        while len(seen) < 100 and time.monotonic() < until:
            seen += [offer.why_not for offer in offered(config, gateway).values()]
    finally:
        done.set()
        thread.join()

    assert len(seen) == 100, "it was there and readable, whole or in part"
    assert all(reason is None or len(reason) > 10 for reason in seen)


@pytest.mark.parametrize(
    "name", ["../data/bundles/pump-1.3.0", "/etc/passwd", "..", ".", "", "pump-9.9.9", "--allow-unsigned", "x" * 5000]
)
def test_only_what_is_offered_can_be_named(config: Config, gateway: Gateway, stick: Path, name: str) -> None:
    gateway.signed(stick)

    with pytest.raises(BundleError, match="is not offered in"):
        find_offer(config, name)


def test_an_offer_is_found_by_its_file_or_by_name_and_version(config: Config, gateway: Gateway, stick: Path) -> None:
    archive = make_tar(gateway.signed(stick.parent / "made"), stick / "monday.tar")

    assert find_offer(config, "monday.tar") == archive
    assert find_offer(config, "pump-1.4.0") == archive
    (gateway.data_dir / "inbox").mkdir()
    shutil.copy(archive, gateway.data_dir / "inbox")
    with pytest.raises(BundleError, match="say from which"):
        find_offer(config, "pump-1.4.0")
    assert find_offer(config, "pump-1.4.0", "inbox").parent.name == "inbox"


@pytest.fixture
def watch(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OfferWatch, threading.Event]]:
    monkeypatch.setattr(offers, "POLL_S", 0.1)
    changed = threading.Event()
    watch = OfferWatch(lambda: config, changed.set)
    watch.start()
    yield watch, changed
    watch.stop()
    watch.join(PATIENCE_S)


def test_the_watch_sees_what_comes_and_goes(
    watch: tuple[OfferWatch, threading.Event], gateway: Gateway, stick: Path
) -> None:
    """It may look in the middle of a copy or of a removal, and then looks again."""
    watching, changed = watch

    def wait_for_offers(*names: str) -> None:
        while [offer["offer"] for offer in watching.offers if offer["acceptable"]] != [*names]:
            assert changed.wait(PATIENCE_S)
            changed.clear()

    gateway.signed(stick)
    wait_for_offers("pump-1.4.0")

    shutil.rmtree(stick)
    wait_for_offers()
    assert watching.problem is None


def test_a_reader_that_hangs_is_told_and_ended(
    config: Config, gateway: Gateway, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real child that never ends, in place of one whose stick hangs in the kernel."""
    monkeypatch.setattr(offers, "SCAN_S", 0.5)
    monkeypatch.setattr(offers, "bundle_command", lambda *_: ["sleep", "100"])
    gateway.signed(stick)
    watching = OfferWatch(lambda: dataclasses.replace(config), lambda: None)

    watching._turn()
    watching._turn()

    assert watching.offers == ()
    assert "took more than" in str(watching.problem)


def test_nothing_lies_in_a_place_that_is_not_there(tmp_path: Path) -> None:
    assert candidates(tmp_path / "nowhere") == []
    assert look([tmp_path / "nowhere"]) == ()
