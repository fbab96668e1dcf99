"""Accuracy, precision, recall and F1 of answers that name a class, equal to scikit-learn's."""

from collections.abc import Sequence


def accuracy(wanted: Sequence[str], found: Sequence[str]) -> float:
    """Share of equal pairs; 0 for none."""
    return sum(a == b for a, b in zip(wanted, found, strict=True)) / len(wanted) if wanted else 0.0


def f1(wanted: Sequence[str], found: Sequence[str], label: str) -> float:
    """F1 of one class; 0 where it is neither wanted nor found."""
    hits = sum(a == b == label for a, b in zip(wanted, found, strict=True))
    total = wanted.count(label) + found.count(label)
    return 2 * hits / total if total else 0.0


def macro_f1(wanted: Sequence[str], found: Sequence[str], labels: Sequence[str] | None = None) -> float:
    """Mean F1 over classes: those given, or all that occur on either side."""
    classes = sorted({*wanted, *found}) if labels is None else list(labels)
    return sum(f1(wanted, found, label) for label in classes) / len(classes) if classes else 0.0
