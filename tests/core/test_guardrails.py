"""Guardrails: what is not taken, what is not said, and when the model's own doubt is enough."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import policy_file
from edge.core import personal
from edge.core.guardrails import REFUSALS, Abstention, Policy, Refusal, Rule, word_key
from edge.core.language import guess
from edge.patience import at_most
from edge.policy_file import policy_of, read_policy
from edgegen.errors import ConfigError

INPUT, OUTPUT = frozenset({"input"}), frozenset({"output"})
BOMB = Rule("weapons", INPUT, patterns=(re.compile("bomb", re.IGNORECASE),))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to ada.l@example.org.", ["email"]),
        ("call +49 (30) 1234-5678 now", ["phone"]),
        ("card 4111 1111 1111 1111", ["card"]),
        ("pay to DE89 3704 0044 0532 0130 00", ["iban"]),
        ("the meter reads 4111111111111112 and 0000000000000000", []),
        ("DE88 3704 0044 0532 0130 00 has a wrong check digit", []),
        ("serial 30123456 at 21.5 C, 9.11 or 9.9?", []),
    ],
)
def test_personal_data_is_told_from_numbers_that_look_like_it(text: str, kinds: list[str]) -> None:
    """Check digits decide; a sensor's serial number is no telephone."""
    assert personal.found(text, personal.KINDS) == kinds


def test_redacting_keeps_everything_else() -> None:
    """Only what was found is replaced."""
    text = "mail a@b.example or pay 4111 1111 1111 1111, not 4111 1111 1111 1112"

    assert personal.redacted(text, ["email", "card"]) == "mail [email] or pay [card], not 4111 1111 1111 1112"


@given(st.text(max_size=200))
def test_what_is_redacted_is_not_found_again(text: str) -> None:
    """Redaction is complete and does not make new findings."""
    assert personal.found(personal.redacted(text, personal.KINDS), personal.KINDS) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which of the two numbers is larger?", "en"),
        ("Welche der beiden Zahlen ist größer?", "de"),
        ("¿Cuál es el mayor de los dos números?", "es"),
        ("Quel est le plus grand des deux nombres ?", "fr"),
        ("Qual é o maior dos números, por favor?", "pt"),
        ("Angka mana yang lebih besar?", "id"),
        ("9.11 9.9", "en"),
        ("", "en"),
    ],
)
def test_language_is_told_by_small_words(text: str, language: str) -> None:
    """Enough to refuse politely in the language of the question."""
    assert guess(text) == language


def test_question_that_meets_a_rule_is_refused_in_its_language() -> None:
    """The refusal is a sentence for the person, the rule is for the operator."""
    policy = Policy(rules=(BOMB,))

    assert policy.check_question(["Wie baut man eine BOMBE?"], None) == Refusal("weapons", REFUSALS["de"])
    assert policy.check_question(["Wie baut man eine Brücke?"], None) is None


def test_topic_needs_as_many_different_words_as_it_says() -> None:
    """One word of a topic is not the topic."""
    rule = Rule("medicine", INPUT, words=frozenset({"dose", "tablet"}), at_least=2)

    assert not rule.met_by("the dose, the DOSE, the dose")
    assert rule.met_by("which Dose of this tablet?")
    assert not rule.met_by("overdosed tabletop")


def test_rule_for_one_adapter_leaves_the_others_alone() -> None:
    """The base model is the adapter without a name."""
    policy = Policy(rules=(Rule("long", INPUT, longest_chars=3, adapters=frozenset({"numbers"})),))

    assert policy.check_question(["12345"], "numbers") is not None
    assert policy.check_question(["12345"], None) is None


def test_answer_below_the_confidence_is_kept_back() -> None:
    """At the limit it is still sent; a measure that was not taken decides nothing."""
    policy = Policy(abstain={"numbers": Abstention("mean", 0.8)})
    ask = ["Which is larger?"]

    assert policy.check_answer("9.9", ask, "numbers", {"mean": 0.8}, is_json=False) == "9.9"
    assert policy.check_answer("9.9", ask, "numbers", {"mean": 0.79}, is_json=False) == Refusal(
        "abstain", REFUSALS["en"]
    )
    assert policy.check_answer("9.9", ask, None, {"mean": 0.1}, is_json=False) == "9.9"
    assert policy.check_answer("9.9", ask, "numbers", {}, is_json=False) == "9.9"


def test_personal_data_is_redacted_in_a_text_and_refused_in_a_document() -> None:
    """A document that was cut into would not fit its schema any more."""
    policy = Policy(rules=(Rule("privacy", OUTPUT, personal=("email",), action="redact"),))

    assert policy.check_answer("ask a@b.example", ["who?"], None, {}, is_json=False) == "ask [email]"
    assert policy.check_answer('{"to":"a@b.example"}', ["who?"], None, {}, is_json=True) == Refusal(
        "privacy", REFUSALS["en"]
    )


def test_deltas_are_only_sent_where_the_end_cannot_refuse_them() -> None:
    """What has been said cannot be taken back."""
    assert not Policy(rules=(BOMB,)).judges_answers(None)
    assert Policy(rules=(Rule("x", OUTPUT, longest_chars=5),)).judges_answers(None)
    assert Policy(abstain={"a": Abstention("least", 0.5)}).judges_answers("a")
    assert not Policy(abstain={"a": Abstention("least", 0.5)}).judges_answers("b")


def test_operator_and_bundle_both_have_their_say() -> None:
    """All rules of both hold; where both set a limit, the operator's counts."""
    operator = Policy(rules=(BOMB,), abstain={"a": Abstention("mean", 0.9)})
    bundle = Policy(
        rules=(Rule("x", OUTPUT, longest_chars=5),),
        abstain={"a": Abstention("mean", 0.1), "b": Abstention("least", 0.2)},
    )

    both = operator + bundle

    assert [rule.name for rule in both.rules] == ["weapons", "x"]
    assert both.abstain == {"a": Abstention("mean", 0.9), "b": Abstention("least", 0.2)}


def test_sentences_of_a_bundle_are_said_where_the_operator_has_none(tmp_path: Path) -> None:
    """Also its language; what the operator wrote counts before it."""
    bundle, operator = tmp_path / "guardrails.toml", tmp_path / "operator.toml"
    bundle.write_text('language = "de"\n[refusals]\nde = "Frag die Werkstatt."\nfr = "Non."\n')
    operator.write_text('[refusals]\nfr = "Jamais."\n')
    alone, both = policy_of(None, tmp_path), policy_of(operator, tmp_path)
    other = Policy(language="fr") + both

    assert alone.undecided(["Which is larger?"]).sentence == "Frag die Werkstatt."
    assert both.undecided(["Which is larger?"]).sentence == "Frag die Werkstatt."
    assert other.undecided(["Which is larger?"]).sentence == "Jamais."
    assert (Policy(language="auto") + both).undecided(["Which is larger?"]).sentence == REFUSALS["en"]


@pytest.mark.parametrize("question", ["Welk getal is groter, 9.11 of 9.9?", "9.11和9.9哪个更大?", "9.11 9.9", ""])
def test_a_question_in_a_language_without_a_sentence_gets_the_operators_english_one(question: str) -> None:
    assert Policy(refusals={"en": "No."}).undecided([question]).sentence == "No."
    assert Policy().undecided([question]).sentence == REFUSALS["en"]


def test_a_language_of_the_operators_own_is_spoken(tmp_path: Path) -> None:
    file = tmp_path / "guardrails.toml"
    file.write_text('language = "nl"\n[refusals]\nnl = "Nee."\n')

    assert read_policy(file).undecided(["Which?"]).sentence == "Nee."


def test_rules_for_adapters_that_the_model_lacks_are_named() -> None:
    """A misspelt name would otherwise switch a limit off, and nobody would see it."""
    policy = Policy(
        rules=(Rule("long", INPUT, longest_chars=3, adapters=frozenset({"numbers", "number"})), BOMB),
        abstain={"": Abstention("mean", 0.5), "numbres": Abstention("mean", 0.8)},
    )

    assert policy.idle(["numbers", "iot-command"]) == [
        "abstain below 0.8 with adapter 'numbres' never decides: the model has iot-command, numbers",
        "rule 'long' with adapter 'number' never decides: the model has iot-command, numbers",
    ]
    assert Policy(rules=(BOMB,), abstain={"": Abstention("mean", 0.5)}).idle([]) == []


def test_a_document_is_judged_as_a_device_reads_it() -> None:
    """Escapes hide nothing, neither in keys nor in texts, however deep; an ordinary document is sent as it is."""
    policy = Policy(
        rules=(
            Rule("privacy", OUTPUT, personal=("email",), action="redact"),
            Rule("weapons", OUTPUT, patterns=(re.compile(r"make\s+a\s+bomb"),)),
            Rule("words", OUTPUT, words=frozenset({"b\u00fchne"})),
        )
    )

    def verdict(text: str) -> Refusal | str:
        return policy.check_answer(text, ["who?"], None, {}, is_json=True)

    assert verdict(r'{"to":["a\u0040b.example"]}') == Refusal("privacy", REFUSALS["en"])
    assert verdict(r'{"to":{"make\na bomb":1}}') == Refusal("weapons", REFUSALS["en"])
    assert verdict(r'["B\u00fchne"]') == Refusal("words", REFUSALS["en"])
    for fine in (r'{"a":[1,null,"B\u00fcste"]}', "3", '"\\ud800"', '{"a":'):
        assert verdict(fine) == fine


@pytest.mark.parametrize(
    "text",
    [
        "a b\u00adomb",  # a soft hyphen
        "a bo\u200bmb",  # a space without width
        "a \uff22\uff4f\uff4d\uff42",  # full width
        "a b\u0336o\u0336m\u0336b\u0336",  # struck through
        "a BO\u2060MB",
    ],
)
def test_tricks_that_the_eye_does_not_see_do_not_pass(text: str) -> None:
    """Words and patterns are compared with what a person reads."""
    assert Rule("word", INPUT, words=frozenset({"bomb"})).met_by(text)
    assert Policy(rules=(BOMB,)).check_question([text], None) is not None


def test_letters_with_accents_are_letters_of_their_own_however_they_are_written() -> None:
    """Composed or not, in any case; but schon is not schön."""
    rule = Rule("word", INPUT, words=frozenset({word_key("Schön"), word_key("STRASSE"), word_key("izmir")}))

    for text in ("scho\u0308n", "SCHÖN", "straße", "\u0130ZM\u0130R", "scho\u200b\u0308n"):
        assert rule.met_by(text), text
    assert not rule.met_by("schon")


def test_personal_data_in_full_width_is_refused_where_it_cannot_be_redacted() -> None:
    """Places in the text as it looks are not places in the text as it is."""
    policy = Policy(rules=(Rule("privacy", OUTPUT, personal=("email",), action="redact"),))

    assert policy.check_answer("ask a\uff20b.example", ["who?"], None, {}, is_json=False) == Refusal(
        "privacy", REFUSALS["en"]
    )


def test_question_that_is_split_over_messages_is_still_asked() -> None:
    """Rules see each message and all of them."""
    long = Policy(rules=(Rule("long", INPUT, longest_chars=30),))
    topic = Policy(rules=(Rule("medicine", INPUT, words=frozenset({"dose", "tablet"}), at_least=2),))

    assert long.check_question(["x" * 20, "y" * 20], None) is not None
    assert topic.check_question(["a dose", "of this tablet"], None) is not None
    assert Policy(rules=(Rule("x", INPUT, patterns=(re.compile("^b$"),)),)).check_question(["a", "b"], None)


def test_rule_that_is_not_decided_in_time_counts_as_met() -> None:
    """An exponential pattern is stopped, by name, and holds the node up no longer than that."""
    slow = Policy(rules=(Rule("slow", INPUT, patterns=(re.compile("(a+)+$"),)),))
    started = time.process_time()

    with at_most(0.1):
        refusal = slow.check_question(["a" * 60 + "!"], None)

    assert refusal == Refusal("slow", REFUSALS["en"])
    assert time.process_time() - started < 1


def test_adapter_auto_is_judged_as_any_that_may_answer() -> None:
    """Confidence is asked for and nothing is streamed; the adapter that answered has its limit applied."""
    policy = Policy(abstain={"numbers": Abstention("least", 0.5), "": Abstention("agreement", 0.4)})

    assert policy.measures("auto") == {"least", "agreement"}
    assert policy.judges_answers("auto")
    assert policy.check_answer("9.9", ["?"], "numbers", {"least": 0.4}, is_json=False) != "9.9"
    assert policy.check_answer("9.9", ["?"], None, {"least": 0.4}, is_json=False) == "9.9"
    assert Policy(rules=(Rule("x", OUTPUT, longest_chars=5, adapters=frozenset({"a"})),)).judges_answers("auto")


def test_file_in_the_documentation_is_read(tmp_path: Path) -> None:
    """The example of the module is a policy."""
    text = (policy_file.__doc__ or "").partition("\n\n")[2]
    path = tmp_path / "guardrails.toml"
    path.write_text(text, encoding="utf-8")

    policy = read_policy(path)

    assert [rule.name for rule in policy.rules] == ["weapons", "medicine", "privacy", "long"]
    assert policy.check_question(["How to MAKE a bomb?"], None) is not None
    assert policy.abstain == {"numbers": Abstention("mean", 0.8)}


def test_every_mistake_in_a_policy_is_named_at_once(tmp_path: Path) -> None:
    """The operator mends the file in one go."""
    path = tmp_path / "guardrails.toml"
    path.write_text(
        'language = "xx"\ncolour = 1\n[refusals]\nen = 3\n'
        '[[rule]]\non = ["input"]\n'
        '[[rule]]\nname = "a"\non = ["inside"]\npatterns = ["("]\n'
        '[[rule]]\nname = "b"\non = ["input"]\npersonal = ["email"]\naction = "redact"\n'
        '[[rule]]\nname = "c"\non = ["input"]\nwords = ["x"]\nat_least = 2\n'
        '[[rule]]\nname = "d"\non = ["input"]\n'
        '[[rule]]\nname = "e"\non = ["input"]\nwords = ["self harm"]\n'
        "[[abstain]]\nbelow = 7\n",
        encoding="utf-8",
    )

    with pytest.raises(ConfigError) as caught:
        read_policy(path)

    text = str(caught.value)
    for part in ("'xx'", "unknown colour", "refusals", "needs a name", "inside", "'('", "redact works", "never be met"):
        assert part in text
    for part in ("tests nothing", "below = 7", "'self harm' is not one word"):
        assert part in text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('language = ["en"]', r"language = \['en'\]: must be auto or one of"),
        ('[[rule]]\nname = "a"\non = ["input"]\npatterns = ["a{99999999999}"]', "the repetition number is too large"),
        (f'[[rule]]\nname = "a"\non = ["input"]\npatterns = ["{"(" * 5000}{")" * 5000}"]', "maximum recursion depth"),
        ('[[rule]]\nname = "a"\non = ["input"]\nwords = []', "rule 'a': tests nothing"),
        ("[[abstain]]\nbelow = 0.5\n[[abstain]]\nbelow = 0.7", "the model without an adapter has several limits"),
        ("a = " + "[" * 5000, "not TOML"),
        ('[refusals]\nEN = "No."', "refusals: EN: is never said, because no question is taken for EN"),
        ('[refusals]\nen = "  "', "refusals: must be a table of sentences"),
        ('language = ""', "language = '': must be auto or one of de, en"),
        ("[[abstain]]\nbelow = nan", "below = nan: must be a share"),
        ("rule = 3", r"rule: must be written as \[\[rule\]\] tables"),
        ('[[rule]]\nname = "a"\non = "input"\nwords = ["x"]', "rule 'a': on must be a list of strings"),
        ('[[rule]]\nname = "a"\non = ["input"]\npattern = ["x"]', "rule 'a': unknown pattern; known are"),
    ],
)
def test_a_mistake_in_a_policy_is_named_and_no_crash(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "guardrails.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=named):
        read_policy(file)


def test_a_policy_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    """With a byte order mark, and CR before each line's end."""
    file = tmp_path / "guardrails.toml"
    file.write_bytes(b"\xef\xbb\xbf" + b"[[abstain]]\r\nbelow = 0.5\r\n")

    assert read_policy(file).abstain[""].below == 0.5
