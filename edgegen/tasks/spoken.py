"""Numbers, times of day and durations as people say them in English, always with one meaning."""

from edgegen.tasks.dice import Dice

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

_DURATIONS = (
    ("an hour", 60), ("half an hour", 30), ("2 hours", 120), ("one hour", 60), ("two hours", 120), ("3 hours", 180),
    ("three hours", 180), ("a quarter of an hour", 15), ("an hour and a half", 90), ("4 hours", 240), ("1 hour", 60),
)  # fmt: skip


def number_words(number: int) -> str:
    """A whole number from 0 to 99 in words."""
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def spoken_minutes(dice: Dice) -> tuple[str, int]:
    """A duration as it is said, and in minutes."""
    if dice.chance(20):
        return dice.pick(_DURATIONS)
    count = dice.between(2, 90)
    said = number_words(count) if dice.chance(20) else str(count)
    return f"{said} {dice.pick(('minutes', 'minutes', 'min', 'mins'))}", count


def spoken_time(dice: Dice) -> tuple[str, str]:
    """A time of day as it is said, and as HH:MM."""
    if dice.chance(6):
        return dice.pick((("noon", "12:00"), ("midnight", "00:00"), ("midday", "12:00")))
    hour, minute = dice.below(24), dice.pick((0, 0, 0, 15, 30, 45, dice.below(60)))
    meant = f"{hour:02}:{minute:02}"
    draw = dice.below(100)
    if draw < 35:
        return meant, meant
    if draw < 45:
        return dice.pick((f"{meant} hours", f"{hour:02}{minute:02} hours", f"{meant} h", f"{hour}h{minute:02}")), meant
    shown = (hour + 11) % 12 + 1
    if draw < 78:
        half = dice.pick(("am", "am", "a.m.", "AM") if hour < 12 else ("pm", "pm", "p.m.", "PM"))
        clock = f"{shown}:{minute:02}" if minute else f"{shown}"
        return f"{clock}{dice.pick((' ', ' ', ''))}{half}", meant
    return _by_day(dice, hour, minute), meant


def _by_day(dice: Dice, hour: int, minute: int) -> str:
    """With the part of the day, where it leaves one meaning; else in twelve hours."""
    shown = (hour + 11) % 12 + 1
    # "Twelve in the morning" and "ten at night" mean different hours to different people.
    part = {range(1, 12): "morning", range(13, 18): "afternoon", range(18, 23): "evening"}
    named = next((name for hours, name in part.items() if hour in hours), None)
    if named is None:
        return f"{shown}:{minute:02} {'am' if hour < 12 else 'pm'}"
    said = {0: "{h}", 15: "quarter past {h}", 30: "half past {h}"}.get(minute)
    if said is None or dice.chance(30):
        clock = f"{shown}:{minute:02}" if minute else f"{shown} o'clock"
    else:
        clock = said.format(h=dice.pick((str(shown), number_words(shown))))
    return f"{clock} in the {named}"
