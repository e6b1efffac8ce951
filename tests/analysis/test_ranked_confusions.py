from evalcore.analysis.ranked_confusions import count_confusions, ranked_confusions
from evalcore.metrics.classification import confusion_pairs
from evalcore.metrics.matrix import direction
from tests.tools.runs import scored


def test_confusions_are_those_of_the_matrix_in_its_order(store):
    run = scored(store, list("aaabbbccc"), list("abbbaaccb"))
    pairs = confusion_pairs(run.confusion)
    found = ranked_confusions(run, 100)
    assert [(run.labels.index(c.true), run.labels.index(c.predicted), c.count, c.reverse, c.share) for c in found] == [
        (pair.true, pair.predicted, pair.count, pair.reverse, pair.share) for pair in pairs
    ]
    assert [confusion.direction for confusion in found] == [direction(pair, run.confusion) for pair in pairs]


def test_no_more_are_ranked_than_asked_for_and_all_are_counted(store):
    run = scored(store, list("aaabbbccc"), list("abbbaaccb"))
    assert len(ranked_confusions(run, 2)) == 2
    assert count_confusions(run) == len(ranked_confusions(run, 100)) == 3


def test_a_confusion_is_a_sentence_with_both_supports(store):
    run = scored(store, list("aaaabbbb"), list("abbbbbba"))
    assert ranked_confusions(run, 1)[0].sentence == (
        "Of 4 “a” examples, 3 were predicted as “b”; reverse: 1 of 4 (two-way)."
    )


def test_a_confusion_with_a_label_that_does_not_occur_says_so(store):
    run = scored(store, list("aaaa"), list("bbba"), labels="ab")
    assert "” is absent from the sample (too few to tell)" in ranked_confusions(run, 1)[0].sentence
