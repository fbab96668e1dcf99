"""A calibration for people: tables, the policy's fragment, and the curve as SVG. Pure."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from edge.core.guardrails import Measure
from edge.probes import calibrate
from edge.probes.calibrate import Answered, Choice, Guess
from edge.probes.report import align

# Shares of the questions at which the curve is tabulated.
COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3)
_COLOURS = {"mean": "#1f77b4", "least": "#d62728", "agreement": "#2ca02c", "oracle": "#777777"}


def name_of(adapter: str) -> str:
    """An adapter for people; ``""`` is the model without one."""
    return adapter or "without adapter"


def measured(answers: Sequence[Answered]) -> list[dict[str, Any]]:
    """Each measure over all answers and over each adapter's: AUROC, and what it gains at 90% coverage."""
    mine = calibrate.by_adapter(answers)
    parts = {"all": list(answers)} | {name_of(adapter): part for adapter, part in mine.items()}
    return [
        _facts(name, by, pairs)
        for name, part in parts.items()
        for by in calibrate.MEASURES
        if (pairs := calibrate.guesses(part, by))
    ]


def _facts(name: str, by: str, pairs: Sequence[Guess]) -> dict[str, Any]:
    area, interval, oracle = calibrate.auroc(pairs), calibrate.auroc_interval(pairs), calibrate.oracle_share(pairs)
    return {
        "adapter": name,
        "measure": by,
        "answers": len(pairs),
        "right": sum(pair.right for pair in pairs),
        "auroc": area,
        "interval": None if interval is None else list(interval),
        "accuracy_at_90": calibrate.accuracy_at(pairs, 0.9),
        "oracle_gain": None if oracle is None else oracle[0],
        "share_of_gain": None if oracle is None else oracle[1],
    }


def together(answers: Sequence[Answered], chosen: Mapping[str, Choice]) -> tuple[int, int]:
    """How many answers the limits of all adapters let pass, and how many of those are right."""
    kept = [
        answer
        for answer in answers
        if (limit := chosen.get(answer.adapter)) is None or answer.sure.get(limit.by, 1.0) >= limit.below
    ]
    return len(kept), sum(answer.right for answer in kept)


def text(
    model: str,
    answers: Sequence[Answered],
    tried: Sequence[Answered],
    chosen: Mapping[str, Choice],
    missed: Mapping[str, str],
) -> str:
    """The report on the terminal."""
    curves = {by: pairs for by in calibrate.MEASURES if (pairs := calibrate.guesses(answers, by))}
    parts = [f"{model}, {len(answers)} answers", table(measured(answers)), *([curve_table(curves)] if curves else [])]
    lines = [sentence(adapter, choice) for adapter, choice in chosen.items()]
    lines += [f"{name_of(adapter)}: not reached: {why}" for adapter, why in missed.items()]
    parts.append("\n".join(["Limits", *lines, _whole(answers, chosen)]))
    if tried:
        known = calibrate.by_adapter(tried)
        lines = [
            sentence(adapter, calibrate.applied(calibrate.guesses(known[adapter], limit.by), limit.by, limit.below))
            for adapter, limit in chosen.items()
            if adapter in known
        ]
        parts += [f"Tried on {len(tried)} other answers", table(measured(tried))]
        parts.append("\n".join([*lines, _whole(tried, chosen)]))
    return "\n\n".join(parts)


def _whole(answers: Sequence[Answered], chosen: Mapping[str, Choice]) -> str:
    kept, right = together(answers, chosen)
    before = sum(answer.right for answer in answers) / len(answers)
    after = f"{right / kept:.1%}" if kept else "none"
    return f"all together: {kept} of {len(answers)} answered, right {before:.1%} before and {after} after"


def document(
    model: str,
    answers: Sequence[Answered],
    tried: Sequence[Answered],
    chosen: Mapping[str, Choice],
    missed: Mapping[str, str],
) -> dict[str, Any]:
    """The same as JSON values, with the whole curves; shares are in 0..1."""
    return {
        "model": model,
        "measures": measured(answers),
        "curves": {
            by: [point._asdict() for point in calibrate.curve(pairs)]
            for by in calibrate.MEASURES
            if (pairs := calibrate.guesses(answers, by))
        },
        "limits": [{"adapter": adapter, **dataclasses.asdict(choice)} for adapter, choice in chosen.items()],
        "missed": dict(missed),
        **({"checked": _checked(tried, chosen)} if tried else {}),
    }


def _checked(tried: Sequence[Answered], chosen: Mapping[str, Choice]) -> dict[str, Any]:
    kept, right = together(tried, chosen)
    return {"measures": measured(tried), "answers": len(tried), "answered": kept, "right": right}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """What `measured` found."""
    lines = [("ANSWERED BY", "MEASURE", "RIGHT", "AUROC", "95% INTERVAL", "RIGHT AT 90%", "ORACLE GAINS", "OF THAT")]
    for row in rows:
        interval, gain = row["interval"], row["oracle_gain"]
        lines.append(
            (
                row["adapter"],
                row["measure"],
                f"{row['right']}/{row['answers']}",
                "-" if row["auroc"] is None else f"{row['auroc']:.3f}",
                "-" if interval is None else f"{interval[0]:.3f} - {interval[1]:.3f}",
                f"{row['accuracy_at_90']:.1%}",
                "-" if gain is None else f"{100 * gain:.1f} points",
                "-" if gain is None else f"{row['share_of_gain']:.0%}",
            )
        )
    return align(lines)


def curve_table(pairs_by: Mapping[Measure, Sequence[Guess]]) -> str:
    """Accuracy at some coverages, by measure and for an oracle."""
    names = list(pairs_by)
    whole = calibrate.accuracy_at(next(iter(pairs_by.values())), 1.0)
    lines = [("ANSWERED", *(f"RIGHT BY {name.upper()}" for name in names), "BY AN ORACLE")]
    for share in COVERAGES:
        ours = (f"{calibrate.accuracy_at(pairs, share):.1%}" for pairs in pairs_by.values())
        lines.append((f"{share:.0%}", *ours, f"{min(1.0, whole / share):.1%}"))
    return align(lines)


def sentence(adapter: str, choice: Choice) -> str:
    """What a limit does."""
    limit = f"{choice.by} below {choice.below:g}" if choice.below else f"{choice.by}, no limit needed"
    if not choice.answered:
        return f"{name_of(adapter)}: {limit}: keeps every answer back"
    return (
        f"{name_of(adapter)}: {limit}: answers {choice.coverage:.1%} of the questions ({choice.answered}), "
        f"{choice.accuracy:.1%} of them right ({choice.interval.low:.1%} - {choice.interval.high:.1%})"
    )


def fragment(model: str, chosen: Mapping[str, Choice]) -> str:
    """``[[abstain]]`` tables as ``edge.policy_file`` reads them."""
    lines = [f"# Found by `edgegen probe calibrate` on {json.dumps(model)[1:-1]}"]
    for adapter, choice in chosen.items():
        lines += ["", "[[abstain]]"]
        lines += [f"adapter = {json.dumps(adapter)}"] if adapter else []
        lines += [f'by = "{choice.by}"', f"below = {choice.below!r}"]
    return "\n".join(lines) + "\n"


def svg(title: str, pairs_by: Mapping[Measure, Sequence[Guess]]) -> str:
    """Coverage from left to right, accuracy upwards, a line each measure and one for an oracle."""
    whole = calibrate.accuracy_at(next(iter(pairs_by.values())), 1.0)
    lines: dict[str, list[tuple[float, float]]] = {
        name: [(p.coverage, p.accuracy) for p in calibrate.curve(pairs)] for name, pairs in pairs_by.items()
    }
    lines["oracle"] = [(share / 100, min(1.0, whole * 100 / share)) for share in range(1, 101)]
    left, top, width, height = 56, 40, 480, 300
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 400" font-family="sans-serif" font-size="12">',
        '<rect width="660" height="400" fill="white"/>',
        f'<text x="{left}" y="24" font-size="14">{_escaped(title)}</text>',
    ]
    for step in range(6):
        share = step / 5
        x, y = left + share * width, top + (1 - share) * height
        parts += [
            f'<path d="M{left} {y:.1f}H{left + width}M{x:.1f} {top}V{top + height}" stroke="#ddd"/>',
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>',
            f'<text x="{x:.1f}" y="{top + height + 18}" text-anchor="middle">{share:.0%}</text>',
        ]
    for place, (name, points) in enumerate(lines.items()):
        path = " ".join(f"{left + x * width:.1f},{top + (1 - y) * height:.1f}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if name == "oracle" else ""
        y = top + 16 + 20 * place
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"{dashes}/>',
            f'<path d="M{left + width + 12} {y - 4}h20" stroke="{_COLOURS[name]}" stroke-width="2"{dashes}/>',
            f'<text x="{left + width + 38}" y="{y}">{name}</text>',
        ]
    parts += [
        f'<text x="{left + width / 2}" y="{top + height + 38}" text-anchor="middle">questions answered</text>',
        f'<text transform="translate(14 {top + height / 2}) rotate(-90)" text-anchor="middle">of those right</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
