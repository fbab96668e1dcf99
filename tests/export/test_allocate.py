"""Types for tensors under a size, and overrides as they are typed: decisions, no model."""

import itertools
import random
import re
from pathlib import Path

import pytest

from edgegen.errors import BundleError
from export.allocate import allocate, largest, prices, smallest
from export.calibration import CHUNKS, chunks_for, halves, mixed
from export.quantize import Tensor, parse_overrides
from export.shrink import Wish
from export.target import grouped, parse_size, rules


def cheapest(lists: dict[str, dict[str, tuple[int, float]]], room: int) -> float:
    """The lowest cost of all choices that fit, by trying every one."""
    costs = [
        sum(cost for _, cost in choice)
        for choice in itertools.product(*(options.values() for options in lists.values()))
        if sum(size for size, _ in choice) <= room
    ]
    return min(costs)


@pytest.mark.parametrize("seed", range(20))
def test_the_choice_is_nearly_the_best_of_all_choices(seed: int) -> None:
    """Within the gain of one step: that is what may not fit at the end."""
    chance = random.Random(seed)
    lists = {
        f"t{i}": {f"Q{bits}": (bits * 10 * (i + 1), chance.random() * 4.0**-bits) for bits in (2, 3, 4, 6, 8)}
        for i in range(6)
    }
    room = int(smallest(lists) + chance.random() * (largest(lists) - smallest(lists)))

    found = allocate(lists, room)

    assert found is not None
    assert found.size_bytes == sum(lists[name][type_][0] for name, type_ in found.types.items()) <= room
    assert found.kl == pytest.approx(sum(lists[name][type_][1] for name, type_ in found.types.items()))
    step = max(max(cost for _, cost in options.values()) for options in lists.values())
    assert cheapest(lists, room) <= found.kl <= cheapest(lists, room) + step


def test_more_room_never_costs_more_and_no_room_is_said() -> None:
    lists = {"a": {"Q4": (40, 0.3), "Q8": (80, 0.1)}, "b": {"Q4": (400, 0.2), "Q6": (600, 0.25), "Q8": (800, 0.01)}}

    costs = [found.kl for room in range(440, 900, 20) if (found := allocate(lists, room))]

    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(0.11)
    assert allocate(lists, smallest(lists) - 1) is None


def test_a_groups_loss_is_shared_by_error_and_scaled_to_other_types() -> None:
    errors = {"a": {"Q4": [10, 3.0], "Q8": [20, 0.3]}, "b": {"Q4": [10, 1.0], "Q8": [20, 0.0]}}

    lists = prices(errors, {"both": {"a": "Q4", "b": "Q4"}}, {"both": 0.4})

    assert lists["a"]["Q4"] == (10, pytest.approx(0.3))
    assert lists["b"]["Q4"] == (10, pytest.approx(0.1))
    assert lists["a"]["Q8"] == (20, pytest.approx(0.03))


def weights(layers: int, columns: int) -> list[Tensor]:
    names = [f"blk.{i}.{kind}.weight" for i in range(layers) for kind in ("attn_q", "ffn_up")] + ["token_embd.weight"]
    return [Tensor(name, "Q8_0", (columns, columns), columns * columns, quantised=True) for name in names]


def test_small_models_are_measured_tensor_by_tensor_and_large_ones_in_bands() -> None:
    small, chunks = grouped(weights(4, 256))
    assert len(small) == 9
    assert chunks == 4
    assert small["blk.3.ffn_up.weight"] == {"blk.3.ffn_up.weight": "Q4_K"}

    large, chunks = grouped(weights(40, 8192))

    assert chunks == 1
    assert 3 <= len(large) < 40
    assert sorted(name for members in large.values() for name in members) == sorted(
        tensor.name for tensor in weights(40, 8192)
    )


def test_a_width_that_no_k_quant_fits_is_measured_at_a_type_that_does() -> None:
    groups, _ = grouped(weights(1, 96))

    assert set(groups["token_embd.weight"].values()) == {"IQ4_NL"}


def test_few_patterns_say_the_type_of_every_tensor_and_of_no_other() -> None:
    types = {"token_embd.weight": "Q6_K", "output.weight": "Q6_K"}
    types |= {f"blk.{i}.ffn_up.weight": "Q4_K" if i % 3 else "Q5_K" for i in range(24)}

    found = list(rules(types))

    assert len(found) == 4
    for name, type_ in types.items():
        assert [kind for pattern, kind in found if re.search(pattern, name)] == [type_]
    assert not any(re.search(pattern, "blk.1.ffn_up.weight.x") for pattern, _ in found)


@pytest.mark.parametrize(
    ("text", "size"), [("90MB", 90_000_000), ("1.5 GiB", 1_610_612_736), ("4096", 4096), ("12kb", 12_000)]
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (Wish(quant="Q4_K_XL"), "--quant Q4_K_XL: use one of F16, Q8_0"),
        (Wish(tensor_types=("attn_q",)), "no PATTERN=TYPE"),
        (Wish(tensor_types=("attn_q=Q4_K_M",)), "'Q4_K_M' is no type of a tensor"),
        (Wish(tensor_types=("attn_(q=Q8_0",)), "no regular expression"),
        (Wish(quant="F16", tensor_types=("attn_q=Q8_0",)), "Take --quant Q8_0"),
        (Wish(quant="Q8_0", imatrix=Path("text.gguf")), "--quant Q8_0 with --imatrix"),
        (Wish(target_size="small"), "--target-size small: not a size"),
        (Wish(target_size="0MB"), "not a size"),
        (Wish(target_kl=0.0), "above 0"),
        (Wish(target_kl=float("nan")), "above 0"),
        (Wish(target_kl=0.1, target_size="1GB"), "give one"),
        (Wish(target_kl=0.1, tensor_types=("a=Q8_0",)), "Give one of both"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_before_any_work(wish: Wish, reason: str) -> None:
    with pytest.raises(BundleError, match=re.escape(reason)):
        wish.check()


def test_an_override_keeps_equal_signs_in_its_pattern() -> None:
    assert parse_overrides(["a=b=q8_0"]) == (("a=b", "Q8_0"),)


def test_calibration_and_proof_share_no_piece() -> None:
    text = "\n\n".join(f"Paragraph {i} says something of its own, at some length." * 5 for i in range(60))

    proof, calibration = halves(text)

    assert set(proof.split("\n\n")).isdisjoint(calibration.split("\n\n"))
    assert sorted((proof + "\n\n" + calibration).split("\n\n")) == sorted(text.split("\n\n"))
    assert 0.8 < len(proof) / len(calibration) < 1.25


def test_the_mixture_is_half_of_each_kind_from_its_beginning() -> None:
    own, general = ("\n\n".join([letter * 500] * 40) for letter in "ag")

    beginning = mixed(own, general)[:12_000]

    assert 0.4 < beginning.count("a") / len(beginning) < 0.6


def test_a_large_model_is_calibrated_on_less_text() -> None:
    assert chunks_for(10_000_000) == CHUNKS
    assert 8 <= chunks_for(8_000_000_000) < CHUNKS
