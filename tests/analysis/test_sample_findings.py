"""What a sample that misses labels is told to do: nothing that it does already."""

import pytest

from evalcore.analysis.findings import find
from evalcore.analysis.scored_run import score_run
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.analysis.test_findings import named, scored_run_of


@pytest.mark.parametrize(
    ("sample", "n", "advice"),
    [
        ("stratified", 1, "It takes a sample of 4 examples or more."),
        ("random", 1, "It takes a sample of 4 examples or more, stratified."),
        ("first", 1, "It takes a sample of 4 examples or more, stratified."),
        ("first", 10, "The first 10 rows of the file hold no more; choose a stratified sample."),
    ],
)
def test_a_small_sample_is_told_how_many_examples_it_takes(store, colours, sample, n, advice):
    """Red while `N = 1` of a stratified sample was told to take a stratified sample."""
    spec = RunSpec(TaskSource(str(colours)), "majority", n=n, sample=sample)
    finding = named(find(score_run(store, execute(spec, store).record.run_id)), "sample_misses_labels")
    assert advice in finding.meaning
    assert ("stratified" in finding.meaning) == (sample != "stratified")


def test_a_whole_file_is_told_to_take_no_other_sample(store):
    finding = named(find(scored_run_of(store, [("a", "a")], list("ab"))), "sample_misses_labels")
    assert "sample of" not in finding.meaning
    assert "stratified" not in finding.meaning
