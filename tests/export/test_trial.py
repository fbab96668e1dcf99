"""A new bundle that keeps ending its engine gives way to the one before."""

from pathlib import Path

import pytest

from edge.trial import MAX_ENDS, TRIAL_S, Trial
from edgegen.bundle import current_folder
from edgegen.bundle_install import roll_back
from tests.export.bundles import Gateway, make_gateway

ONLINE_S = 30.0


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    gateway = make_gateway(tmp_path / "gateway")
    for version in ("1.3.0", "1.4.0"):
        gateway.install(gateway.signed(tmp_path / version, version))
    return gateway


def make_trial(gateway: Gateway) -> Trial:
    return Trial(
        gateway.data_dir,
        lambda reason: roll_back(gateway.data_dir, audit=gateway.events.append, reason=reason),
        lambda: ONLINE_S,
    )


def current(gateway: Gateway) -> str:
    folder = current_folder(gateway.data_dir)
    return folder.name if folder else ""


def test_three_ends_bring_the_previous_bundle_back_once(gateway: Gateway) -> None:
    trial = make_trial(gateway)

    for end in range(1, MAX_ENDS):
        trial.ready(end)
        assert not trial.ended("it was killed")
    assert trial.ended("it was killed")

    assert current(gateway) == "pump-1.3.0"
    assert "pump-1.4.0 ended 3 times on trial, the last time because it was killed" in gateway.events[-1]
    for _ in range(9):
        assert not trial.ended("it was killed")
    assert current(gateway) == "pump-1.3.0"


def test_a_model_that_does_not_load_counts_too(gateway: Gateway) -> None:
    trial = make_trial(gateway)

    assert [trial.ended("no memory") for _ in range(MAX_ENDS)] == [False, False, True]


def test_a_bundle_that_has_served_long_enough_is_never_sent_back(gateway: Gateway) -> None:
    trial = make_trial(gateway)
    trial.ready(100.0)
    assert trial.next_timer() == 100.0 + TRIAL_S

    trial.on_timer(100.0 + TRIAL_S)

    assert trial.next_timer() is None
    again = make_trial(gateway)  # after a restart of the daemon, too
    assert not any(again.ended("it was killed") for _ in range(9))
    assert current(gateway) == "pump-1.4.0"


def test_an_end_makes_the_time_of_proof_begin_anew(gateway: Gateway) -> None:
    trial = make_trial(gateway)
    trial.ready(0.0)
    trial.ended("it was killed")
    trial.on_timer(TRIAL_S)
    trial.ready(TRIAL_S)

    assert trial.next_timer() == 2 * TRIAL_S


def test_the_next_bundle_begins_at_nought(gateway: Gateway, tmp_path: Path) -> None:
    trial = make_trial(gateway)
    trial.ended("x")
    trial.ended("x")
    gateway.install(gateway.signed(tmp_path / "next", "1.5.0"))

    assert not trial.ended("x")
    assert current(gateway) == "pump-1.5.0"


def test_without_a_previous_bundle_nothing_is_sent_back(tmp_path: Path) -> None:
    gateway = make_gateway(tmp_path / "gateway")
    gateway.install(gateway.signed(tmp_path / "only", "1.0.0"))
    trial = make_trial(gateway)

    assert not any(trial.ended("x") for _ in range(9))


def test_a_bundle_that_does_not_come_online_in_time_gives_way(gateway: Gateway) -> None:
    trial = make_trial(gateway)
    trial.loading(100.0)
    assert trial.next_timer() == 100.0 + ONLINE_S
    trial.ended("it was killed")
    trial.loading(120.0)  # a further try gets no further time
    assert not trial.on_timer(129.0)

    assert trial.on_timer(100.0 + ONLINE_S)

    assert current(gateway) == "pump-1.3.0"
    assert "pump-1.4.0 did not answer within 30 s" in gateway.events[-1]
    trial.loading(200.0)
    assert trial.next_timer() is None, "what is gone back to is not on trial"


def test_a_bundle_that_answers_in_time_is_on_trial_for_its_ends_alone(gateway: Gateway) -> None:
    trial = make_trial(gateway)
    trial.loading(0.0)
    trial.ready(ONLINE_S - 1)

    assert not trial.on_timer(ONLINE_S + 1)
    assert current(gateway) == "pump-1.4.0"


def test_a_proven_bundle_may_load_for_as_long_as_it_takes(gateway: Gateway) -> None:
    trial = make_trial(gateway)
    trial.ready(0.0)
    trial.on_timer(TRIAL_S)

    trial.loading(TRIAL_S + 1)

    assert trial.next_timer() is None
