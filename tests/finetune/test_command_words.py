"""Names and sentences that the adapter for commands is trained on: many, in order, and each with one reading."""

import re
from collections import Counter
from itertools import islice

import pytest
from jsonschema import Draft202012Validator

from edgegen.tasks import command_grammar, command_names, command_wordings, iot_command
from edgegen.tasks.command_words import words
from edgegen.tasks.dice import Dice

LEAST = {"nouns": 3000, "places": 500, "compound_places": 300, "modifiers": 250}
# What a command says besides names: a device of that name would be read as the command.
SAID = {"on", "off", "open", "close", "lock", "unlock", "everything", "device", "all", "bar", "lux", "percent",
        "degree", "minute", "hour", "noon", "midnight", "half", "quarter", "second"}  # fmt: skip


@pytest.mark.parametrize("table", sorted(LEAST))
def test_tables_are_large_sorted_and_without_duplicates(table: str) -> None:
    names = words(table)

    assert len(names) >= LEAST[table]
    assert list(names) == sorted(set(names))
    spelled = r"[a-z]+ [a-z]+" if table == "compound_places" else r"[a-z]{2,14}"
    assert [name for name in names if not re.fullmatch(spelled, name)] == []
    assert max(map(len, names)) <= command_names.LONGEST_NAME


def test_no_name_that_is_held_out_is_in_a_table_to_train_on() -> None:
    dev = {name for names in command_wordings.DEVICES["dev"].values() for name in names}
    listed = [f" {name} " for table in LEAST for name in words(table)]

    assert len(dev) >= 60
    assert len(command_wordings.ROOMS["dev"]) >= 35
    assert {len(name.split()) for name in (*dev, *command_wordings.ROOMS["dev"])} == {1, 2, 3}
    assert not [held for held in iot_command.HELD_NAMES if any(f" {held} " in name for name in listed)]


def test_a_place_is_no_thing_and_begins_none() -> None:
    nouns, modifiers = set(words("nouns")), set(words("modifiers"))
    places = {*words("places"), *command_wordings.ROOMS["train"]}

    assert not places & nouns
    assert not places & modifiers
    assert not {place.split()[-1] for place in words("compound_places")} & nouns
    assert not SAID & (nouns | places | modifiers)


def test_most_devices_are_of_the_large_tables_and_no_name_is_too_long() -> None:
    dice, nouns, places = Dice(5), set(words("nouns")), {*words("places"), *words("compound_places")}
    listed = command_wordings.DEVICES["train"]["switch"]
    devices = [command_names.device(dice, "switch", listed) for _ in range(20_000)]
    rooms = [command_names.room(dice, command_wordings.ROOMS["train"]) for _ in range(20_000)]

    assert max(map(len, (*devices, *rooms))) <= command_names.LONGEST_NAME
    assert 0.42 < sum(name in nouns for name in devices) / len(devices) < 0.7
    assert 0.2 < sum(" " in name and not re.search(r" (\d+|.)$", name) for name in devices) / len(devices) < 0.5
    assert 0.38 < sum(name in places for name in rooms) / len(rooms) < 0.7
    assert len(set(devices)) > 9000
    assert len(set(rooms)) > 4000
    assert not set(devices) & places
    # "The kitchen heater" is a heater in the kitchen, so nothing but a lock is named after a place.
    assert not [name for name in devices if " " in name and name.split()[0] in places]


@pytest.mark.parametrize("intent", sorted(command_grammar.INTENTS))
def test_sentences_of_an_intent_are_many_and_well_formed(intent: str) -> None:
    dice = Dice(8)
    texts = [command_grammar.sentence(dice, intent) for _ in range(1500)]
    needed = {"{D}"} if intent not in ("all", "all alone", "all but room") else set()
    needed |= {"{R}"} if not intent.endswith("alone") and intent not in ("lock", "keep lock", "all alone") else set()
    needed |= {"{V}"} if intent.startswith(("level", "up", "down")) else {"{M}"} if intent == "run" else set()
    needed |= {"{T}"} if intent.endswith("later") else set()

    assert len(set(texts)) > 900
    for text in texts:
        slots = Counter(re.findall(r"\{[DRVMT]\}", text))
        assert set(slots) == needed, text
        assert set(slots.values()) <= {1}, text
        assert not re.search(r"  |[\[\]|]|\{(NP|X|AT|ALL|BUT|Y)\}|,,|\?\.|, [.?!]|\b(\w+) \1\b", text), text


@pytest.mark.parametrize(
    "name", ["lamp", "loading dock", "Pump A-3", "Anna's lamp", "T1", "Küche", "灯", "3", "a" * 24]
)
def test_a_name_has_single_blanks_between_its_words(name: str) -> None:
    validator = Draft202012Validator(iot_command.SCHEMA)

    for key in ("device", "room", "except"):
        command = {"action": "on", "device": "lamp"}
        assert validator.is_valid({**command, key: name})
        for wrong in (f" {name}", f"{name} ", f"{name[0]}  {name[-1]}", "", " ", f"{name}{'x' * 24}"):
            assert not validator.is_valid({**command, key: wrong})


def test_no_trained_command_has_a_device_and_a_place_of_one_name() -> None:
    for row in islice(iot_command.questions(Dice(21), split="train"), 4000):
        names = [name for key in ("device", "room", "except") if (name := row["expected"].get(key))]

        assert len(set(names)) == len(names), row
