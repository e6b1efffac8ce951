"""Accuracies to hold a run against."""

from dataclasses import replace

from evalcore.analysis.reference_accuracies import PUBLISHED, references
from tests.tools.runs import scored


def test_runs_here_stand_first_and_carry_their_interval(store):
    run = scored(store, list("ab"), list("ab"))
    other = scored(store, list("ab"), list("aa"))
    found = references(run, [run, other], pinned=other.record.run_id)
    assert [(one.kind, one.accuracy) for one in found] == [("this run", 1.0), ("pinned here", 0.5)]
    assert found[1].interval == other.intervals.accuracy


def test_published_figures_are_banking77s_alone_and_marked_as_other_setups(store):
    run = scored(store, list("ab"), list("ab"))
    assert not [one for one in references(run, []) if one.kind == "published"]
    banking = replace(run, record=replace(run.record, task_name="banking77"))
    published = [one for one in references(banking, []) if one.kind == "published"]
    assert published == list(PUBLISHED["banking77"])
    for one in published:
        assert 0.5 < one.accuracy < 1
        assert "trained on" in one.setup
        assert "Casanueva" in one.source
        assert one.interval is None


def test_a_model_in_a_folder_is_named_without_its_path(store):
    run = scored(store, list("ab"), list("ab"))
    there = replace(
        run, record=replace(run.record, spec=replace(run.record.spec, model="encoder:/data/models/intents"))
    )
    assert references(there, [])[0].name.split(" · ")[0] == "intents"
