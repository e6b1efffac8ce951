"""How sure the model is, in every table of examples and in the opened one: as `LabelProbabilities` has it."""

import numpy as np
import pytest

from evalcore.analysis import Between, Filter, label_probabilities, ordered, select
from evalcore.wording import in_percent
from tests.app.clicking import click_row
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import stored

LABELS = ["<script>alert(2)</script>", "[x](javascript:alert(3))", "$a$ **b** :red[x]", "plain"]
N = 60


@pytest.fixture
def scored(page_store):
    """Answers to texts of their own; one is unparsed, of one nothing is known."""
    rng = np.random.default_rng(5)
    shares = rng.dirichlet([0.4] * 4, size=N)
    shares[7] = np.nan
    answers = [LABELS[code] for code in np.nan_to_num(shares, nan=-1).argmax(axis=1)]
    answers[3] = "who knows"
    return with_probabilities(page_store, LABELS, [LABELS[row % 4] for row in range(N)], shares, answers)


@pytest.fixture
def probabilities(scored):
    found = label_probabilities(scored)
    assert found is not None
    return found


def table_of(app, key):
    return next(one.value for one in app.dataframe if key in one.proto.id)


def tables_of_metric(app, metric):
    return [one.value for one in app.dataframe if "metric" in one.value and metric in set(one.value["metric"])]


def assert_columns(table, p, rows):
    expected = {
        "confidence": [in_percent(value) for value in p.confidence[rows]],
        "margin": [in_percent(value) for value in p.margin[rows]],
        "entropy": [round(value, 2) for value in p.entropy[rows]],
        "rank of true": [rank or np.nan for rank in p.true_rank[rows]],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name].to_numpy(dtype=float), np.array(values, dtype=float), err_msg=name)
    runner_up = [LABELS[code] if code >= 0 else "" for code in p.runner_up[rows]]
    assert table["runner-up"].tolist() == runner_up


def test_the_table_shows_them_filters_by_them_and_is_ordered_by_them(open_page, scored, probabilities):
    run = scored.record.run_id
    app = open_page("pages/examples.py", run=run)
    assert_columns(table_of(app, "examples_table"), probabilities, np.arange(N))
    asked = Filter(confidence=Between(0.5, 0.75), outcomes=("wrong",))
    expected = select(scored, asked, probabilities=probabilities).rows
    assert len(expected) > 2
    for order in ("smallest margin", "true label furthest down"):
        query = {**asked.to_query(), "order": order.replace(" ", "-")}
        app = open_page("pages/examples.py", run=run, **query)
        table = table_of(app, "examples_table")
        assert_columns(table, probabilities, ordered(expected, probabilities, order))
        assert {name: app.query_params[name] for name in query} == query
    assert list(table.columns)[:2] == ["outcome", "rank of true"]


def test_choices_carry_their_counts_and_a_choice_is_a_step(open_page, scored, probabilities):
    app = open_page("pages/examples.py", run=scored.record.run_id, confidence="0.123-0.456")
    box = app.selectbox(key="filter_confidence")
    assert box.value == "0.123-0.456"
    assert "12.3 % to 45.6 %" in box.options
    inside = (probabilities.confidence >= 0.5) & (probabilities.confidence < 0.75)
    sure = int(inside.sum())
    assert f"50 % to 75 % · {sure}" in box.options
    box.select("0.5-0.75").run()
    assert not app.exception, app.exception
    assert app.query_params["confidence"] == "0.5-0.75"
    assert len(table_of(app, "examples_table")) == sure
    runner_up = app.selectbox(key="filter_runner_up")
    count = int((probabilities.runner_up[inside] == 0).sum())
    assert f"{LABELS[0]} · {count}" in runner_up.options


def test_an_opened_example_names_its_labels_as_typed(open_page, scored, probabilities):
    app = open_page("pages/examples.py", run=scored.record.run_id, order="lowest-confidence")
    click_row(app, "examples_table", 0)
    row = int(ordered(np.arange(N), probabilities, "lowest confidence")[0])
    assert app.query_params["example"] == str(row + 1)
    said = " ".join(caption.value for caption in app.caption)
    assert "equally likely labels" in said.replace("\\", "")
    assert "<script>" not in said
    assert "](javascript" not in said
    assert app.get("vega_lite_chart")
    nothing_known = open_page("pages/examples.py", run=scored.record.run_id, example="8")
    assert not nothing_known.get("vega_lite_chart")


@pytest.mark.parametrize("page", ["pages/per_class.py", "pages/confusions.py"])
def test_the_other_pages_lists_show_the_confidence(open_page, scored, probabilities, page):
    query = {"label": LABELS[3]} if "class" in page else {"true": LABELS[3]}
    app = open_page(page, run=scored.record.run_id, **query)
    rows = np.flatnonzero(scored.y_true == 3)
    table = next(one.value for one in app.dataframe if "confidence" in one.value)
    np.testing.assert_array_equal(table["confidence"], [in_percent(value) for value in probabilities.confidence[rows]])


def test_a_run_without_probabilities_has_no_such_columns_and_a_link_says_why(open_page, page_store, scored):
    plain = stored(page_store, ["a", "b"], ["a", "a"]).run_id
    app = open_page("pages/examples.py", run=plain, confidence="0.9-1", order="highest-confidence", outcomes="wrong")
    table = table_of(app, "examples_table")
    assert "confidence" not in table
    assert len(table) == 1
    assert any("how sure the model is was left out" in caption.value for caption in app.caption)
    assert "confidence" not in app.query_params
    assert not [box for box in app.selectbox if box.key in ("filter_confidence", "example_order")]


def test_compare_shows_the_paired_differences_or_says_why_not(open_page, page_store, scored):
    other = with_probabilities(
        page_store, LABELS, [LABELS[row % 4] for row in range(N)], np.full((N, 4), 0.25), name="other.csv"
    )
    app = open_page("pages/compare.py", a=scored.record.run_id, b=other.record.run_id, tab="metrics")
    (table,) = tables_of_metric(app, "Brier score")
    assert {"Brier score", "Log loss", "Expected calibration error"} <= set(table["metric"])
    brier = table[table["metric"] == "Brier score"].iloc[0]
    assert brier["B"] == "0.750"
    lists = open_page("pages/compare.py", a=scored.record.run_id, b=other.record.run_id, door="both_wrong")
    shown = next(one.value for one in lists.dataframe if "A conf." in one.value)
    assert set(shown["B conf."]) == {25.0}
    plain = stored(page_store, [LABELS[row % 4] for row in range(N)], [LABELS[0]] * N, labels=LABELS).run_id
    app = open_page("pages/compare.py", a=scored.record.run_id, b=plain, tab="metrics")
    assert not tables_of_metric(app, "Brier score")
    assert any("B without probabilities" in caption.value.replace("\\", "") for caption in app.caption)
