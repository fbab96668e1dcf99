"""Two runs compared, from the database and from files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.probes.compare import Recorded, compare, find_run
from edge.store import Store
from edgegen.commands.probe import command
from edgegen.errors import ConfigError


def recorded(name: str, right: dict[str, set[int]], items: int = 40) -> Recorded:
    """Suites of ``items`` items over four templates; ``right`` says which of them passed."""
    return Recorded(
        name, "m", {suite: {f"p/t{i % 4}/{i}": i in passed for i in range(items)} for suite, passed in right.items()}
    )


def test_a_run_compared_with_itself_has_no_difference() -> None:
    """That none of 40 items changed allows a few in a hundred others to change."""
    one = recorded("a", {"s": set(range(20))})

    (change,) = compare(one, one)

    assert (change.difference, change.p, change.p_holm, change.only_first, change.only_second) == (0, 1, 1, 0, 0)
    assert change.interval.low == -change.interval.high
    assert 0.01 < change.interval.high < 0.1


def test_only_items_that_changed_count_and_suites_share_the_risk() -> None:
    """Eight changes, all one way: p = 2/2^8 for that suite, doubled because two suites were looked at."""
    first = recorded("a", {"s": set(range(20)), "other": set(range(10))})
    second = recorded("b", {"s": set(range(28)), "other": set(range(10)), "third": set()})

    by_suite = {change.suite: change for change in compare(first, second)}

    assert set(by_suite) == {"s", "other"}
    assert (by_suite["s"].only_first, by_suite["s"].only_second) == (0, 8)
    assert by_suite["s"].p == 2 / 2**8
    assert by_suite["s"].p_holm == 4 / 2**8
    assert by_suite["s"].difference == 0.2
    assert by_suite["s"].interval.low <= 0.2 <= by_suite["s"].interval.high


def test_one_template_alone_gives_an_interval_all_the_same() -> None:
    """Drawing it again gives always the same difference; its items still are a sample."""
    first = Recorded("a", "m", {"s": {f"p/0/{i}": i < 10 for i in range(40)}})
    second = Recorded("b", "m", {"s": {f"p/0/{i}": i < 18 for i in range(40)}})

    (change,) = compare(first, second)

    assert change.difference == 0.2
    assert change.interval.low < 0.1
    assert change.interval.high > 0.3


def test_items_that_ask_other_things_under_one_id_are_no_pair(tmp_path: Path) -> None:
    """A dev and a sealed run number their questions alike; an item without a prompt is taken for the same."""

    def write(name: str, *prompts: str) -> str:
        items = [{"id": f"p/0/{i}", "passed": True, "prompt": prompt} for i, prompt in enumerate(prompts)]
        file = tmp_path / name
        file.write_text(json.dumps({"model": "m", "suites": [{"suite": "s", "items": items}]}))
        return str(file)

    sealed, mixed, dev = write("sealed", "a", "b", "c"), write("mixed", "a", "b", "x"), write("dev", "x", "y", "z")

    outcome = CliRunner().invoke(command, ["compare", sealed, mixed])
    with pytest.raises(ConfigError, match="3 have one id and ask other things"):
        compare(find_run(sealed, None), find_run(dev, None))

    assert [(one.items, one.other_words) for one in compare(find_run(sealed, None), find_run(mixed, None))] == [(2, 1)]
    assert "s: 1 items ask other things in B, and are left out" in outcome.stdout


def test_items_of_one_run_alone_are_left_out() -> None:
    (change,) = compare(recorded("a", {"s": {1}}, items=10), recorded("b", {"s": {1}}, items=30))

    assert change.items == 10


def test_runs_without_a_common_item_cannot_be_compared() -> None:
    with pytest.raises(ConfigError, match="have no item in common"):
        compare(recorded("a", {"s": set()}), recorded("b", {"t": set()}))


def rows(run: str, passed: set[int]) -> list[dict[str, object]]:
    return [
        {"utc": 1.0, "run": run, "suite": "s", "probe": f"p/0/{i}", "passed": int(i in passed), "model": "m"}
        for i in range(12)
    ]


def test_the_command_reads_the_database_and_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "edgegen.db")
    store.add_rows("probe_results", [*rows("aaa1", set()), *rows("bbb2", set(range(12)))])
    store.close()
    items = [{"id": f"p/0/{i}", "passed": True} for i in range(12)]
    file = tmp_path / "after.json"
    file.write_text(json.dumps({"model": "m", "suites": [{"suite": "s", "items": items}]}))

    for second in ("bbb", str(file)):
        outcome = CliRunner().invoke(command, ["compare", "aaa", second, "--data-dir", str(tmp_path), "--json"])
        assert outcome.exit_code == 0, outcome.exception
        (change,) = json.loads(outcome.stdout)
        assert (change["first"], change["second"], change["p"]) == (0, 12, 2 / 2**12)
    assert "+100.0%" in CliRunner().invoke(command, ["compare", "aaa1", "bbb2", "--data-dir", str(tmp_path)]).stdout


@pytest.mark.parametrize("content", ["", "[]", '{"model": "m", "suites": [{"suite": "s"}]}', '{"suites": 4}'])
def test_a_file_that_is_no_run_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(content)

    with pytest.raises(ConfigError, match="is not the output of"):
        find_run(str(file), None)


def test_a_beginning_that_several_runs_share_is_an_error_with_the_newest(tmp_path: Path) -> None:
    store = Store(tmp_path / "edgegen.db")
    store.add_rows("probe_results", [*rows("aaa1", set()), *rows("aaa2", set())])

    with pytest.raises(ConfigError, match="2 runs begin so"):
        find_run("aaa", store)
    with pytest.raises(ConfigError, match=r"no such run in the database\. Newest runs there: aaa"):
        find_run("c", store)
    store.close()
