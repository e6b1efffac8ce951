"""Another label list (F74, F75): whatever is asked, no answer is lost or counted twice; what is refused is said."""

import random

import numpy as np
import pytest

from evalcore.deciding import LabelListAsked, compared_label_list, hierarchy_text, label_list, read_hierarchy
from evalcore.errors import BlindspotError
from evalcore.store.database import Store
from evalcore.tasks import LabelMerge
from tests.tools.runs import scored

LABELS = ("a", "b, c", 'd"e', "f=g", " h", "=1+1", "\u202ei", "Ü")
LISTS, TABLES = 150, 400


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("lists") / "cache")
    rng = np.random.default_rng(0)
    gold = rng.choice(LABELS[:-1], 300).tolist()  # the last one is absent
    said = [label if rng.random() < 0.5 else str(rng.choice([*LABELS, "no idea"])) for label in gold]
    return [scored(store, gold, answers, labels=LABELS) for answers in (said, said[::-1])]


def any_list(chance):
    """A change of the list: mostly one that can be."""
    olds = chance.sample(LABELS, chance.randrange(1, 8))
    groups = {}
    for old in olds:
        groups.setdefault(chance.choice(["", "x", "y, z", old, "a"]), []).append(old)
    if chance.random() < 0.1:
        groups.setdefault("x", []).append("nobody")
    return groups


def test_no_answer_is_lost_or_counted_twice_under_any_list(runs, tally):
    """F74. Red with a dropped label's column that is left out instead of counted as unparsed."""
    a, b = runs
    chance, refused = random.Random(74), 0
    for _ in range(LISTS):
        try:
            merge = LabelMerge.of(any_list(chance), LABELS)
            found = label_list(a, None, LabelListAsked(merge=merge.to_text()))
        except BlindspotError:
            refused += 1
            continue
        of = found.after.scores
        lost = len(a.y_true) - found.not_counted - (of.correct + of.wrong + of.unparsed)
        lost += len(found.rows_of("dropped")) != found.not_counted
        lost += len(found.rows_of("gain")) != found.gained or len(found.rows_of("outside")) != found.outside
        both = compared_label_list(a, None, b, None, LabelListAsked(merge=merge.to_text()))
        lost += both.after.n != of.n or round(both.after.accuracy_a * of.n) != of.correct
        tally("F74", "lists", 1, lost=abs(lost))
        assert not lost, merge
        assert "nan" not in " ".join([*found.sentences, *both.sentences]).lower()
    assert refused < LISTS / 2


def test_a_table_of_groups_is_read_whole_or_refused_with_a_sentence(tally):
    """F75. Red with a circle of groups that is followed for ever, or a second group in the place of the first."""
    chance, read = random.Random(75), 0
    refused: list[str] = []
    for _ in range(TABLES):
        names = ["g1", "g2", "g3", "", *LABELS]
        groups = {label: chance.choice(["g1", "g2", ""]) for label in LABELS}
        rows = hierarchy_text(groups).splitlines()
        for _ in range(chance.randrange(3)):
            extra = hierarchy_text({chance.choice(names): chance.choice(names)}).splitlines()[1]
            rows.insert(chance.randrange(1, len(rows) + 1), extra)
        if chance.random() < 0.2:
            del rows[chance.randrange(1, len(rows))]
        try:
            found = read_hierarchy("\n".join(rows), LABELS)
        except BlindspotError as error:
            refused.append(str(error))
            tally("F75", "tables refused", 1)
            continue
        read += 1
        in_groups = zip(found.chains, groups.values(), strict=True)
        lost = sum(bool(group) and group not in chain[:-1] for chain, group in in_groups)
        tally("F75", "tables read", 1, lost=lost)
        assert not lost
        assert found.labels == LABELS
    assert TABLES / 4 < read < TABLES
    assert all("Groups of labels: " in said and len(said) <= 2000 for said in refused)
