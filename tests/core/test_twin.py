"""Two nodes under one name, told from the state topic that both write."""

import json

import pytest

from edge.core.twin import Twin


def state(boot, name="online"):
    return json.dumps({"boot": boot, "state": name}).encode()


def test_another_node_that_is_alive_is_a_twin():
    twin = Twin("ours").heard(state("theirs", "degraded"), retained=False, first_connection=False)

    assert twin == ("theirs", "degraded")


@pytest.mark.parametrize("payload", [state("ours"), state("theirs", "offline"), b"", b"{", b"[]", b"\xff"])
def test_ourselves_the_stopped_and_the_unreadable_are_none(payload):
    assert Twin("ours").heard(payload, retained=False, first_connection=True) is None


def test_what_lay_there_at_our_first_connection_is_our_own_life_before():
    """A killed daemon leaves `online` behind until its will is out; the same at a later connection is a twin."""
    found = Twin("ours")

    assert found.heard(state("before"), retained=True, first_connection=True) is None
    assert found.heard(state("before"), retained=False, first_connection=False) is None
    assert found.heard(state("theirs"), retained=True, first_connection=False) == ("theirs", "online")
