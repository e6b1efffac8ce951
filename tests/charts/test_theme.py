"""Colours by simulation: outcomes are told apart with every kind of colour vision, and letters can be read."""

import tomllib
from itertools import combinations, product

import numpy as np
import pytest

from evalcore.charts.theme import DARK, LIGHT, RUN_A, RUN_B
from tests.conftest import ROOT
from tests.tools.contrast import LUMINANCE, contrast_of_light, linear

# What each pixel of linear RGB becomes; Machado, Oliveira and Fernandes 2009, table 1, severity 1.0.
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], LUMINANCE, [0.0193339, 0.1191920, 0.9503041]])
WHITE = TO_XYZ.sum(axis=1)
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
THEMES = {
    name: (theme, (CONFIG[name]["backgroundColor"], CONFIG[name]["secondaryBackgroundColor"]))
    for name, theme in (("light", LIGHT), ("dark", DARK))
}
"""Each theme with the page's ground and the second one."""
OUTCOMES = ("right", "wrong", "unparsed", "absent")
in_each_theme = pytest.mark.parametrize(("theme", "grounds"), THEMES.values(), ids=list(THEMES))
in_each_vision = pytest.mark.parametrize("vision", VISIONS)


def seen(colour, vision="normal"):
    """The linear RGB of `#rrggbb`, as it is seen."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return np.clip(VISIONS[vision] @ linear((red, green, blue)), 0, 1)


def contrast(one, other, vision="normal"):
    """WCAG 2.2: from 1 to 21."""
    return contrast_of_light(seen(one, vision), seen(other, vision))


def distance(one, other, vision):
    """CIE 1976 delta E; 2.3 is just noticeable."""

    def lab(colour):
        x, y, z = (
            np.cbrt(t) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29
            for t in TO_XYZ @ seen(colour, vision) / WHITE
        )
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    return float(np.linalg.norm(lab(one) - lab(other)))


def test_the_simulation_sees_what_was_wrong_with_green_and_red():
    assert contrast("#2a9d78", "#d9534f", "deuteranopia") < 1.1
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert distance("#ffffff", "#000000", "normal") == pytest.approx(100)


@in_each_vision
@in_each_theme
def test_two_outcomes_differ_in_every_vision(theme, grounds, vision):
    for one, other in combinations(OUTCOMES, 2):
        assert distance(getattr(theme, one), getattr(theme, other), vision) >= 20, (one, other)


@in_each_vision
@in_each_theme
def test_right_and_wrong_differ_in_lightness_alone(theme, grounds, vision):
    assert contrast(theme.right, theme.wrong, vision) >= 1.5


@in_each_vision
@in_each_theme
def test_no_outcome_looks_like_a_run(theme, grounds, vision):
    for outcome, run in product(OUTCOMES, (RUN_A, RUN_B)):
        colour = getattr(theme, outcome)
        apart = distance(colour, run, vision)
        assert apart >= 17, (outcome, run)
        assert apart >= 40 or contrast(colour, run, vision) >= 1.3, (outcome, run)


@in_each_theme
def test_fills_stand_out_from_the_ground(theme, grounds):
    for outcome, ground in product(OUTCOMES, grounds):
        assert contrast(getattr(theme, outcome), ground) >= 3, (outcome, ground)


@in_each_theme
def test_letters_can_be_read_on_both_grounds(theme, grounds):
    letters = [theme.text, theme.pale_text, *map(theme.text_of, OUTCOMES)]
    for colour, ground in product(letters, grounds):
        assert contrast(colour, ground) >= 4.5, (colour, ground)


@pytest.mark.parametrize("name", THEMES)
def test_words_in_markdown_have_the_outcomes_colours(name):
    theme, config = THEMES[name][0], CONFIG[name]
    for colour, outcome in (("green", "right"), ("red", "wrong"), ("violet", "unparsed")):
        assert config[f"{colour}TextColor"] == theme.text_of(outcome)


@pytest.mark.parametrize("name", THEMES)
def test_words_in_colour_can_be_read_on_both_grounds(name):
    texts = {key: colour for key, colour in CONFIG[name].items() if key.endswith("TextColor")}
    assert len(texts) >= 6
    for (key, colour), ground in product(texts.items(), THEMES[name][1]):
        assert contrast(colour, ground) >= 4.5, (key, ground)


@in_each_theme
def test_the_diagonal_is_not_on_the_scale(theme, grounds):
    assert distance(theme.diagonal, theme.zero, "normal") >= 15
    for colour in theme.magma:
        assert distance(theme.diagonal, colour, "normal") >= 15, colour
