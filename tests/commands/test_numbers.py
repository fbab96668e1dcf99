"""How the demo reads an answer to "which is larger, 9.11 or 9.9?"."""

import pytest

from edgegen.demo.scenes import larger_number


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("The answer is 9.9.", "9.9"),
        ("9.11", "9.11"),
        ("9.9 is larger than 9.11.", "9.9"),
        ("9.11 is larger than 9.9.", "9.11"),
        ("The larger number is 9.11.", "9.11"),
        ("9.11 = 9.11 and 9.9 = 9.90. 9.9 is larger.", "9.9"),
        ("9.9 > 9.11", "9.9"),
        ("9.9 < 9.11", "9.11"),
        ("9.11 is smaller than 9.9.", "9.9"),
        ("Between 9.11 and 9.9 it is hard to say.", None),
        ("9.9 is larger. No, 9.11 is larger.", None),
        ("19.9 is a number.", None),
        ("", None),
    ],
)
def test_the_number_an_answer_calls_larger(text: str, chosen: str | None):
    """A claim counts before a mere mention; two claims that differ, or no number, are no answer."""
    assert larger_number(text) == chosen
