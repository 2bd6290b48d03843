"""Every pair of colours that stands on a page can be read, in light and in dark."""

import re

import pytest

from clearpane.pages.style import STYLE

LIGHT, DARK = STYLE.split("@media (prefers-color-scheme: dark)")
TONES = ("stop", "care", "calm")
# What stands on what: WCAG 2.2, 1.4.3 (text) and 1.4.11 (the edge of a field or button).
TEXT = [
    ("ink", "card"),
    ("ink", "tint"),
    ("ink", "paper"),
    ("soft", "card"),
    ("mark", "tint"),
    ("mark", "card"),
    ("card", "mark"),
]


def properties(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", text[: text.index(".stop")]))


SCHEMES = {"light": properties(LIGHT + ".stop"), "dark": properties(DARK)}


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT, ids=[f"{a} on {b}" for a, b in TEXT])
def test_contrast(scheme: str, tone: str, front: str, back: str) -> None:
    colours = SCHEMES[scheme]
    colours = colours | {"mark": colours[tone], "tint": colours[f"{tone}-tint"]}
    assert contrast(colours[front], colours[back]) >= 4.5


def test_both_schemes_name_the_same_colours() -> None:
    assert SCHEMES["light"].keys() == SCHEMES["dark"].keys()
    assert len(SCHEMES["light"]) == 5 + 2 * len(TONES)


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_its_two_colours(tone: str) -> None:
    assert f".{tone} {{ --mark: var(--{tone}); --tint: var(--{tone}-tint); }}" in STYLE


def test_colours_are_named_once() -> None:
    """Every other place takes them by name, so that the table above holds everywhere."""
    assert not re.search(r":[^;{]*#[0-9a-f]{3}", STYLE[STYLE.index(".stop {") :])


def test_what_is_focused_is_marked_and_nothing_loads() -> None:
    assert ":focus-visible" in STYLE and "url(" not in STYLE and "outline: 0" not in STYLE
