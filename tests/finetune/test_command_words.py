"""Names and sentences that the adapter for commands is trained on: many, in order, and each with one reading."""

import re
from collections import Counter
from itertools import islice

import pytest
from jsonschema import Draft202012Validator

from edgegen.tasks import command_grammar, command_names, command_wordings, iot_command
from edgegen.tasks.command_words import words
from edgegen.tasks.dice import Dice

LEAST = {"nouns": 3000, "places": 500, "compound_places": 300, "modifiers": 250, "spellings": 10_000}
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
    # Whose name began with a place would be in it; before a lock a place is part of the name.
    places = {*words("places"), *command_wordings.ROOMS["train"], *command_wordings.ROOMS["dev"]}
    open_to_all = {name for kind, names in command_wordings.DEVICES["dev"].items() if kind != "lock" for name in names}
    assert not {name for name in open_to_all if name.split()[0] in places}


def test_a_place_is_no_thing_and_begins_none() -> None:
    nouns, modifiers, spellings = (set(words(table)) for table in ("nouns", "modifiers", "spellings"))
    places = {*words("places"), *command_wordings.ROOMS["train"]}

    assert not places & (nouns | modifiers | spellings)
    assert not {place.split()[-1] for place in words("compound_places")} & (nouns | spellings)
    assert not SAID & (nouns | places | modifiers | spellings)
    assert not spellings & (nouns | modifiers)


def test_words_to_spell_are_none_that_a_command_is_made_of() -> None:
    dice = Dice(3)
    texts = [command_grammar.sentence(dice, intent) for intent in command_grammar.DRAWN_INTENTS for _ in range(60)]
    made_of = set(re.findall(r"[a-z]{3,}", " ".join(texts).casefold()))

    assert len(made_of) > 400
    assert not made_of & set(words("spellings"))


def test_most_names_are_of_the_large_tables_and_none_is_too_long() -> None:
    dice = Dice(5)
    nouns, spellings, places = (
        set(words("nouns")), set(words("spellings")), {*words("places"), *words("compound_places")},
    )  # fmt: skip
    listed, rooms_listed = command_wordings.DEVICES["train"]["switch"], command_wordings.ROOMS["train"]
    devices = [command_names.device(dice, "switch", listed) for _ in range(20_000)]
    rooms = [command_names.room(dice, rooms_listed) for _ in range(20_000)]
    apart = [command_names.room(dice, rooms_listed, apart=True) for _ in range(20_000)]

    def share(names: list[str], table: set[str]) -> float:
        return sum(name in table for name in names) / len(names)

    assert max(map(len, (*devices, *rooms, *apart))) <= command_names.LONGEST_NAME
    assert share(devices, nouns) > 0.25
    assert share(devices, spellings) > 0.18
    assert share(rooms, places) > 0.5
    assert share(apart, spellings) > 0.1
    assert sum(" " in name and not re.search(r" (\d+|.)$", name) for name in devices) / len(devices) > 0.2
    assert sum(bool(re.search(r"[^a-z ]", name)) for name in devices) / len(devices) > 0.05
    assert len(set(devices)) > 12_000
    assert len(set(rooms)) > 4000
    assert not set(devices) & places
    # "The kitchen heater" is a heater in the kitchen, so nothing but a lock is named after a place, and any word is a
    # place only where it stands apart from the device, and begins a device only where the place is said beside it.
    assert not [name for name in devices if " " in name and name.split()[0] in places]
    assert not [name for name in rooms if name.split()[0] in spellings - nouns]
    assert not [name for name in devices if " " in name and name.split()[0] in spellings]


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


def test_what_is_taken_back_is_said_before_what_is_meant() -> None:
    rows = [row for row in islice(iot_command.questions(Dice(12), split="train"), 8000) if row.get("corrected")]

    assert {row["corrected"] for row in rows} >= {"o", "p", "l", "T", "V", "D"}
    assert 100 < len(rows) < 500
    for row in rows:
        command, said = row["expected"], row["prompt"].casefold()
        if row["corrected"] in ("o", "p", "l"):
            opposite = {"on": "off", "open": "close", "lock": "unlock", "off": "on", "close": "open", "unlock": "lock"}
            taken, meant = opposite[command["action"]], command["action"]
            assert re.search(rf"\b{taken}\b[^.?!]{{2,12}}\b{meant}\b", said), row
        elif row["corrected"] == "D":
            meant = command["except"] if command["device"] == "all" else command["device"]
            assert re.search(rf"(, |- |rather |mean )the {re.escape(meant.casefold())}", said), row


def test_no_trained_command_has_a_device_and_a_place_of_one_name() -> None:
    for row in islice(iot_command.questions(Dice(21), split="train"), 4000):
        names = [name for key in ("device", "room", "except") if (name := row["expected"].get(key))]

        assert len(set(names)) == len(names), row
