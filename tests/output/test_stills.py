"""Pictures as files: every figure of a run, a comparison and a sweep, as PNG and as SVG, whatever its labels are."""

from __future__ import annotations

import io
import re
import struct
import xml.etree.ElementTree as ET
import zipfile

import altair as alt
import numpy as np
import pytest

import evalcore
from evalcore.analysis import compare, gather
from evalcore.charts import DARK, LIGHT
from evalcore.charts.heat_map import shades_of, value_scale, values_of
from evalcore.charts.matrix_drawing import OFF_SCALE
from evalcore.charts.theme import blended, is_light
from evalcore.errors import SpecError
from evalcore.metrics import view
from evalcore.output import stills, zipped
from tests.tools.browser import PAYLOADS
from tests.tools.command_line import evalcore as command_line
from tests.tools.contrast import contrast
from tests.tools.runs import scored as scored_run

LABELS = [*PAYLOADS, "</text></svg><script>alert(1)</script>", "مرحبا", '"; alert(1); "', "long " + "y" * 300]
OF_A_RUN = {"scores", "baselines", "confusion", "predicted-and-actual", "recall", "precision", "f1"}
OF_CONFIDENCE = {"reliability", "confidences", "label-precision", "label-recall", "set-sizes", "set-coverage"}


@pytest.fixture(scope="module")
def hostile():
    """A run with probabilities whose labels, texts and name would like to be markup."""
    rng = np.random.default_rng(3)
    y_true = rng.integers(0, len(LABELS), 120)
    shares = rng.dirichlet(np.ones(len(LABELS)), 120)
    shares[np.arange(120), np.where(rng.random(120) < 0.6, y_true, 0)] += 1
    names = np.array(LABELS, dtype=object)
    return evalcore.score(
        names[y_true], probabilities=shares / shares.sum(axis=1, keepdims=True), labels=LABELS,
        texts=[f"text {at} <b>" for at in range(120)], name="<img src=x onerror=alert(1)>",
    )  # fmt: skip


@pytest.fixture(scope="module")
def confused():
    """33 labels, of which the last is never predicted; some answers are unparsed."""
    rng = np.random.default_rng(5)
    names = np.array([f"label {at:02}" for at in range(33)], dtype=object)
    y_true = rng.integers(0, 33, 900)
    y_pred = np.where(rng.random(900) < 0.5, y_true, rng.integers(0, 32, 900))
    answers = names[np.minimum(y_pred, 31)]
    answers[:20] = None
    return evalcore.score(names[y_true], answers, labels=names)


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


def texts_of(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_figure_is_drawn_and_nothing_of_the_data_becomes_markup(hostile):
    drawn = stills.run_charts(hostile)
    assert set(drawn) == OF_A_RUN | OF_CONFIDENCE
    for name, chart in drawn.items():
        svg = stills.as_svg(chart)
        nodes = list(ET.fromstring(svg).iter())
        assert {node.tag.partition("}")[2] for node in nodes} <= {
            "svg", "g", "path", "rect", "text", "tspan", "line", "defs", "clipPath", "linearGradient", "stop", "title"
        }, name  # fmt: skip
        attributes = {key for node in nodes for key in node.attrib}
        assert not [key for key in attributes if key.startswith("on") or "href" in key], name
        shown = texts_of(svg)
        assert not [text for text in shown if re.search("^(NaN|undefined|null|-?Infinity)", text)], name
        assert any(hostile.record.task_name in text for text in shown), name
        assert f'fill="{LIGHT.background}"' in svg.decode(), name
    assert set(PAYLOADS[:2]) <= set(texts_of(stills.as_svg(drawn["confusion"])))


def test_a_run_without_probabilities_has_the_figures_of_its_answers(confused):
    assert set(stills.run_charts(confused)) == OF_A_RUN


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_matrix_has_the_counts_and_the_colours_of_the_page(confused, theme):
    shown = view(confused.confusion, confused.labels, order="clustered", unparsed=True, diagonal=True)
    spec = stills.inline(stills.run_charts(confused, theme=theme)["confusion"]).to_dict()
    (cells,) = [rows for rows in spec["datasets"].values() if "number" in rows[0] and len(rows) > 100][:1]
    assert sum(int(cell["number"]) for cell in cells) == confused.scores.n
    assert {(cell["row"], cell["column"]): int(cell["number"]) for cell in cells} == {
        (row, column): shown.counts[row, column] for row, column in np.argwhere(shown.counts).tolist()
    }
    values = values_of(shown, "count")
    shades, scale = shades_of(shown, values, log=True), value_scale(shown, values, "count", theme, log=True)
    for cell in cells:
        shade = shades[cell["row"], cell["column"]]
        share = (shade - scale.low) / (scale.high - scale.low)
        assert cell["colour"] == (theme.diagonal if shade == OFF_SCALE else blended(scale.colours, share))
        assert contrast(rgb(cell["colour"]), rgb(cell["ink"])) >= 4.5
    written = texts_of(stills.as_svg(stills.run_charts(confused, theme=theme)["confusion"]))
    assert written.count("label 07") == 2
    assert "(unparsed)" in written


def test_letters_on_a_colour_are_those_that_contrast_more():
    for colour in ("#000000", "#ffffff", "#169c83", "#b5367a", "#fb8761", "#767676"):
        on_black, on_white = (contrast(rgb(colour), rgb(letters)) for letters in ("#000000", "#ffffff"))
        assert is_light(colour) == (on_black > on_white), colour


def test_a_comparison_has_three_matrices_whose_difference_is_signed(store):
    gold = ["a", "b", "c", "a"] * 10
    a = scored_run(store, gold, ["a", "b", "b", "b"] * 10)
    b = scored_run(store, gold, gold)
    drawn = stills.comparison_charts(compare(a, b))
    assert list(drawn) == ["confusion-difference", "confusion-a", "confusion-b", "sample-size"]
    written = texts_of(stills.as_svg(drawn["confusion-difference"]))
    assert (written.count("+10"), written.count("−10")) == (2, 2)
    assert texts_of(stills.as_svg(drawn["confusion-b"])).count("10") == 2
    assert [text for text in texts_of(stills.as_svg(drawn["sample-size"])) if "N = 40" in text]


def test_several_runs_are_drawn_together(store):
    gold = list("aabb") * 10
    runs = [scored_run(store, gold, gold[at:] + gold[:at], name=f"{at}.csv") for at in range(3)]
    (name,) = drawn = stills.sweep_charts(gather(runs))
    written = texts_of(stills.as_svg(drawn[name]))
    assert {"0.csv", "1.csv", "2.csv"} <= set(written)


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_a_png_has_two_pixels_for_one_and_no_more_than_memory_allows(confused, monkeypatch):
    chart = stills.run_charts(confused)["scores"]
    width, height = size_of(stills.as_png(chart))
    assert width == 2 * 680
    monkeypatch.setattr(stills, "_MOST_PIXELS", 100_000)
    small_width, small_height = size_of(stills.as_png(chart))
    assert small_width * small_height == pytest.approx(100_000, rel=0.02)
    assert small_width / small_height == pytest.approx(width / height, rel=0.02)


def test_the_zip_holds_every_figure(confused):
    packed = zipped(stills.chart_files(stills.run_charts(confused), "svg"))
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        assert {name.removesuffix(".svg") for name in file.namelist()} == set(stills.run_charts(confused))
        assert file.read("f1.svg") == stills.as_svg(stills.run_charts(confused)["f1"])


def test_a_figure_holds_its_data_when_others_have_changed_how_altair_writes_it(confused):
    """As Streamlit does in another thread; and a notebook draws a matrix of more than 5,000 cells."""
    chart = stills.run_charts(confused)["f1"]
    expected = stills.as_svg(chart)
    alt.data_transformers.register("of another thread", lambda data: {"name": "elsewhere"})
    with alt.data_transformers.enable("of another thread"):
        assert stills.as_svg(chart) == expected
    rng = np.random.default_rng(0)
    many = evalcore.score(rng.integers(0, 120, 20_000), rng.integers(0, 120, 20_000))
    assert evalcore.plot(many).to_dict()["title"]["text"] == "Confusion matrix"


def test_a_run_of_which_nothing_is_predicted_has_no_figures(confused):
    from dataclasses import replace

    empty = replace(confused, confusion=np.zeros_like(confused.confusion), y_true=np.empty(0), y_pred=np.empty(0))
    with pytest.raises(SpecError, match="nothing is predicted yet"):
        stills.run_charts(empty)


@pytest.mark.parametrize(("gold", "answers"), [(["a"], ["a"]), (["a", "b"], ["", ""]), (["a"] * 3, ["b"] * 3)])
def test_the_smallest_runs_are_drawn(gold, answers):
    for chart in stills.run_charts(evalcore.score(gold, answers)).values():
        assert stills.as_svg(chart).startswith(b"<svg")


def test_the_command_writes_them(demo_cache, tmp_path):
    ids = [run.run_id for run in evalcore.runs(demo_cache)][:2]
    printed = command_line("charts", ids[0], "--out", tmp_path / "one", "--svg", "--theme", "dark", cache=demo_cache)
    written = sorted((tmp_path / "one").iterdir())
    assert sorted(printed.stdout.split()) == [str(path) for path in written]
    assert {path.stem for path in written} >= OF_A_RUN
    assert all(path.read_bytes().startswith(b"<svg") for path in written)
    assert DARK.background in written[0].read_text(encoding="utf-8")
    command_line("charts", *ids, "--out", tmp_path / "two", cache=demo_cache)
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        "confusion-a.png", "confusion-b.png", "confusion-difference.png", "sample-size.png"
    }  # fmt: skip
    refused = command_line("charts", "nothing", "--out", tmp_path, cache=demo_cache, check=False)
    assert (refused.returncode, "no such run" in refused.stderr) == (1, True)


def test_figures_of_a_run_in_memory_need_no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("evalcore.store.DEFAULT_CACHE", tmp_path / "cache")
    paths = evalcore.export_charts(evalcore.score(["a", "b"], ["a", "a"]), tmp_path / "out", kind="svg")
    assert {path.stem for path in paths} == OF_A_RUN
    assert not (tmp_path / "cache").exists()
    with pytest.raises(SpecError, match="no kind of picture 'gif'"):
        evalcore.export_charts(evalcore.score(["a"], ["a"]), tmp_path, kind="gif")
    with pytest.raises(SpecError, match="no theme 'sepia'"):
        evalcore.plot(evalcore.score(["a"], ["a"]), theme="sepia")
    with pytest.raises(SpecError, match=r"no figure 'pie'\. Choose one of 'scores', 'baselines', 'confusion'"):
        evalcore.plot(evalcore.score(["a"], ["a"]), "pie")
