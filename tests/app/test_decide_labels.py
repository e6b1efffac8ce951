"""The tab “Label list” of the Decide page: what its controls change, what a click opens, and its URL."""

import json

import pytest

from evalcore.analysis import score_run
from evalcore.deciding import LabelListAsked, compared_label_list, label_list
from evalcore.tasks import LabelMerge
from tests.app.clicking import click_figure, click_row, in_url, table
from tests.tools.generated import imported, labels_of
from tests.tools.runs import stored

PAGE = "pages/decide.py"
LABELS = labels_of(24)


def said(app):
    """All that the page says, as a person reads it."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.error)).replace(
        "\\", ""
    )


def merge_in_url(app):
    return json.loads(in_url(app).get("merge", "[]"))


def merge_of(app):
    """The changed list; a long one stands in the URL by its name alone."""
    return LabelMerge.from_text(app.session_state["view"].decide.label_list.merge)


@pytest.fixture
def record(page_store):
    return imported(page_store, 24, 1000)


@pytest.fixture
def run(page_store, record):
    return score_run(page_store, record.run_id)


@pytest.fixture
def app(open_page, record):
    return open_page(PAGE, run=record.run_id, tab="label-list")


def test_of_each_way_the_first_is_open_where_nobody_opened_anything(app, run):
    of = label_list(run, None, LabelListAsked()).suggestions
    first = of.pairs[0]
    assert f"{first.there + first.back} confusions of 2 labels" in said_heads(app)
    for way, join in (("path", of.path[4].joined), ("tree", of.tree[0])):
        app.button_group(key="label_list_way").set_value(way).run()
        rows = label_list(run, None, LabelListAsked()).rows_of("group:" + ":".join(map(str, join.codes)))
        assert f"{len(rows)} confusion{'s' if len(rows) != 1 else ''} of {len(join.codes)} labels" in said_heads(app)
    app.button_group(key="label_list_way").set_value("hierarchy").run()
    assert "Open something at the left" in said(app)


def test_a_pair_opens_its_confusions_and_becomes_one_label(app, run, open_page):
    found = label_list(run, None, LabelListAsked())
    pair = found.suggestions.pairs[1]
    listed = table(app, "label_pairs_")
    assert listed["there"].tolist() == [each.there for each in found.suggestions.pairs]
    click_row(app, "label_pairs_", 1)
    assert in_url(app)["opened"] == f"pair:{pair.first}:{pair.second}"
    assert f"{pair.there + pair.back} confusions of 2 labels" in said_heads(app)
    assert f"{pair.there} of {pair.support_first} {LABELS[pair.first]} predicted as {LABELS[pair.second]}" in said(app)
    app.button(key="label_list_take").click().run()
    assert not app.exception
    names = [LABELS[pair.first], LABELS[pair.second]]
    assert merge_in_url(app) == [[" or ".join(names), *sorted(names)]]
    new = label_list(run, None, LabelListAsked(merge=in_url(app)["merge"]))
    assert new.sentences[0] in said(app).replace("**", "")
    assert f"{new.gained} examples made right by merging" in said_heads(app)
    again = open_page(PAGE, **in_url(app))
    assert new.sentences[0] in said(again).replace("**", "")
    again.button(key="label_list_undo_0").click().run()
    assert merge_in_url(again) == []


def said_heads(app):
    return "\n".join(element.value for element in app.subheader).replace("\\", "")


def test_the_list_is_edited_by_hand_and_what_cannot_be_is_said_and_loses_nothing(app):
    app.session_state["label_list_edit"] = True
    app.run()
    app.multiselect(key="label_list_chosen").set_value([LABELS[0], LABELS[3]])
    app.button(key="label_list_merge").click().run()
    assert "the new label has no name" in said(app)
    assert app.multiselect(key="label_list_chosen").value == [LABELS[0], LABELS[3]]
    app.text_input(key="label_list_name").set_value("one [b](x)").run()
    app.button(key="label_list_merge").click().run()
    assert merge_in_url(app) == [["one [b](x)", LABELS[0], LABELS[3]]]
    assert app.multiselect(key="label_list_chosen").value == []
    app.multiselect(key="label_list_chosen").set_value([LABELS[5]])
    app.button(key="label_list_drop").click().run()
    assert merge_in_url(app) == [["", LABELS[5]], ["one [b](x)", LABELS[0], LABELS[3]]]
    assert "22 instead of 24 labels" in said(app).replace("**", "")
    app.multiselect(key="label_list_chosen").set_value(
        [label for label in ["one [b](x)", *LABELS] if label not in (LABELS[0], LABELS[3], LABELS[5])]
    )
    app.button(key="label_list_drop").click().run()
    assert "no label would be left" in said(app)
    assert len(merge_in_url(app)) == 2
    app.button(key="label_list_undo_all").click().run()
    assert merge_in_url(app) == []


def test_the_best_merges_by_slider_by_figure_and_taken(app, run):
    app.button_group(key="label_list_way").set_value("path").run()
    of = label_list(run, None, LabelListAsked()).suggestions
    app.slider(key="label_list_best").set_value(3).run()
    assert in_url(app)["best"] == "3"
    assert f"{24 - 3} labels left" in said(app)
    click_figure(app, "merge_path_", step=2)
    assert in_url(app)["best"] == "2"
    assert in_url(app)["opened"] == "group:" + ":".join(map(str, of.path[1].joined.codes))
    app.button(key="label_list_take_path").click().run()
    assert merge_of(app) == of.merge_of_path(2)


def test_the_tree_is_cut_and_a_join_opens_its_confusions(app, run):
    app.button_group(key="label_list_way").set_value("tree").run()
    of = label_list(run, None, LabelListAsked()).suggestions
    assert app.button(key="label_list_take_cut").disabled
    click_figure(app, "label_tree_", step=0)
    codes = of.tree[0].codes
    assert in_url(app)["opened"] == "group:" + ":".join(map(str, codes))
    assert "confusions of 2 labels" in said_heads(app)
    app.slider(key="label_list_cut").set_value(20).run()
    assert in_url(app)["cut"] == "20"
    app.button(key="label_list_take_cut").click().run()
    assert merge_of(app) == of.merge_of_tree(20)


def test_groups_from_the_names_show_what_stays_inside_and_become_the_list(app, run):
    app.button_group(key="label_list_way").set_value("hierarchy").run()
    app.button(key="label_list_names_0").click().run()
    hierarchy = app.session_state["view"].decide.label_list.hierarchy
    found = label_list(run, None, LabelListAsked(hierarchy=hierarchy)).in_hierarchy
    shown = next(one.value for one in app.dataframe if "share" in one.value.columns)
    assert shown["share"].tolist()[0] == round(100 * found.levels[0].accuracy, 1)
    assert shown["share"].tolist()[4] == round(100 * found.scores.f1, 1)
    app.button(key="label_list_inside").click().run()
    assert f"{found.inside.inside:,} examples wrong inside the right group" in said_heads(app)
    app.button(key="label_list_take_groups").click().run()
    assert merge_of(app) == found.hierarchy.as_merge()


def test_groups_of_groups_are_shown_level_by_level(open_page, record, run):
    rows = [f"{label},group {at % 6},above {at % 2}" for at, label in enumerate(LABELS)]
    text = "\n".join(["label,group,group2", *rows])
    app = open_page(PAGE, run=record.run_id, tab="label-list", way="hierarchy", hierarchy=text)
    found = label_list(run, None, LabelListAsked(hierarchy=text)).in_hierarchy
    shown = next(one.value for one in app.dataframe if "share" in one.value.columns)
    assert shown[""].tolist()[:3] == ["Right, of 2 groups", "Right, of 6 groups", "Right, of 24 labels"]
    assert shown["share"].tolist()[:3] == [round(100 * level.accuracy, 1) for level in found.levels]
    assert "above 0 (12), above 1 (12)" in said(app)


def test_a_link_with_a_list_that_is_none_is_said_and_can_be_left_out(open_page, record):
    app = open_page(PAGE, run=record.run_id, tab="label-list", merge='[["x","nobody","noone"]]')
    assert "there is no label 'nobody', 'noone'" in said(app)
    app.button(key="label_list_forget").click().run()
    assert not app.error
    assert "merge" not in in_url(app)


def test_two_runs_are_shown_under_both_lists(page_store, open_page):
    gold = ["a"] * 60 + ["b"] * 60 + ["c"] * 80
    one = stored(page_store, gold, ["a"] * 60 + ["b"] * 60 + ["d"] * 50 + ["c"] * 30, labels="abcd")
    two = stored(page_store, gold, ["b"] * 60 + ["a"] * 60 + ["c"] * 80, labels="abcd")
    merge = LabelMerge.of({"ab": ["a", "b"]}).to_text()
    app = open_page(PAGE, run=one.run_id, beside=two.run_id, tab="label-list", merge=merge)
    runs = [score_run(page_store, record.run_id) for record in (one, two)]
    found = compared_label_list(runs[0], None, runs[1], None, LabelListAsked(merge=merge))
    assert "The winner changes from A to B" in said(app)
    assert found.sentences[0] in said(app).replace("**", "")
    assert "120 examples only one of the two gets right under the old list" in said_heads(app)


def test_a_run_without_confusions_says_that_nothing_suggests_a_merge(page_store, open_page):
    record = stored(page_store, ["a", "b"] * 20, ["a", "b"] * 20)
    for way in ("pairs", "path", "tree", "hierarchy"):
        app = open_page(PAGE, run=record.run_id, tab="label-list", way=way)
        assert "nothing suggests that any should be merged" in said(app)
