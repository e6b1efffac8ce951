"""Each finding names what a link from it opens, so that no link is called "these 13"."""

import re

from evalcore.analysis.findings import find
from tests.analysis.test_findings import named, scored_run_of


def test_a_link_says_how_many_examples_or_labels_it_opens(store):
    rows = [("a", "a")] * 30 + [("b", "a")] * 5 + [("c", "d")] * 5 + [("d", "c")] * 5 + [("d", "who knows")]
    found = find(scored_run_of(store, rows, list("abcde")))
    links = {finding.kind: (finding.opens, finding.opens_labels) for finding in found}
    assert links["never_predicted"] == ("5 examples of labels never predicted", "1 label never predicted")
    assert links["zero_recall"] == ("11 examples of labels with zero recall", "2 labels with zero recall")
    assert links["sample_misses_labels"] == ("46 examples of this sample", "1 label absent from the sample")
    assert links["unparsed"] == ("1 unparsed completion", "")


def test_one_wrong_answer_is_not_called_answers(store):
    rows = [("a", "a")] * 4 + [("b", "a")] * 4 + [("c", "c")] * 10
    rows[7] = ("b", "b")
    assert named(find(scored_run_of(store, rows, list("abc"))), "micro_f1_says_nothing_new").opens.startswith("18 ")
    one = find(scored_run_of(store, [("a", "a"), ("a", "It is a.")]))
    assert named(one, "depends_on_the_parser").opens == "1 answer right under lenient scoring only"


def test_no_link_holds_data_which_would_be_read_as_markdown(store):
    rows = [(g, a) for g in ("*a*", "*b*", "*c*", "*d*") for a in ("*a*", "it is *b*", "nothing", g)]
    for finding in find(scored_run_of(store, rows, ["*a*", "*b*", "*c*", "*d*", "*e*"])):
        assert re.fullmatch(r"[\w ',-]+", finding.opens + finding.opens_labels), finding
