"""The tables for other traffic: shares, counts, bare lines, predictions; and what is said of bad ones."""

import numpy as np
import pytest

from evalcore.deciding.traffic_tables import counts_table, read_mix, read_predicted
from evalcore.errors import DataError

LABELS = ("card, lost", 'pin="wrong"', "fee", "rate up")


def shares(text, **options):
    return read_mix(text, LABELS, **{"scale": False, **options}).shares.tolist()


@pytest.mark.parametrize(
    "text",
    [
        'label,share\n"card, lost",0.5\nfee,0.25\n"rate up",.25\n',
        'share,label\n50 %,"card, lost"\n25%,fee\n25 %,RATE UP\n',
        "label;share\ncard, lost;0,5\nfee;0,25\nrate up;0,25\n",
        'label,count\n"card, lost",2\nfee,1\nrate up,1\n',
        "label\tcount\tnote\ncard, lost\t20\tx\nfee\t10\ty\nrate up\t10\t\n",
        "card, lost 50 %\nfee 25 %\nrate up, 25 %\n",
        "card, lost 12\n\nfee\t6\nrate up; 6\n",
    ],
    ids=["shares", "percent", "decimal commas", "counts", "tabs", "lines of percent", "lines of counts"],
)  # fmt: skip
def test_shares_and_counts_can_be_written_in_many_ways(text):
    assert shares(text) == pytest.approx([0.5, 0, 0.25, 0.25])
    assert read_mix(text, LABELS, scale=False).missing == ('pin="wrong"',)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,share\nfees,0.5\nfee,0.5\n", "line 2 names 'fees', which is no label"),
        ("label,share\nfee,0.5\nfee,0.5\n", "line 3 names 'fee' again, after line 2"),
        ("label,share\nfee,-0.5\nrate up,1.5\n", "line 2 ('fee'): the share -0.5 is negative"),
        ("label,share\nfee,30\nrate up,70\n", "line 2 ('fee'): the share 30 is more than 1; write 0.3 or 30 %"),
        ("label,share\nfee,half\n", "line 2 ('fee'): the share 'half' is no number"),
        ("label,share\nfee,nan\n", "line 2 ('fee'): the share 'nan' is no number"),
        ("label,count\nfee,1e999\n", "line 2 ('fee'): the count '1e999' is no number"),
        ('label,count\nfee,"1,234"\n', "line 2 ('fee'): the count '1,234' is no number"),
        ("label,share\nfee,0.3\nrate up,0.6\n", "the shares add up to 90.0 %, 10.0 points below 100 %"),
        ("label,share\nfee,60 %\nrate up,60 %\n", "the shares add up to 120.0 %, 20.0 points above 100 %"),
        ("label,count\nfee,0\n", "all counts are 0"),
        ("label,share\n", "no row has a label"),
        ("fee 3\nno such label 4\n", "has no column 'label', 'share'"),
        ("name,share\nfee,1\n", "has no column 'label'"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(text, said):
    with pytest.raises(DataError) as refused:
        read_mix(text, LABELS, scale=False)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 2000


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(DataError) as refused:
        read_mix("label,share\nfees,0.5\nfee,-1\nrate up,x\n", LABELS, scale=False)
    assert all(f"line {line}" in str(refused.value) for line in (2, 3, 4))


def test_shares_are_scaled_only_if_that_is_asked_for():
    text = "label,share\nfee,0.3\nrate up,0.6\n"
    mix = read_mix(text, LABELS, scale=True)
    assert mix.shares.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3])
    assert mix.scaled_from == pytest.approx(0.9)
    rounded = read_mix("label,share\nfee,33.3 %\nrate up,66.6 %\n", LABELS, scale=False)
    assert rounded.scaled_from is None  # a rounded share
    assert rounded.shares.sum() == pytest.approx(1)
    assert read_mix("label,count\nfee,3\nrate up,6\n", LABELS, scale=True).scaled_from is None


def test_predictions_are_counts_or_one_row_for_each_text():
    counted = read_predicted('label,count\n"card, lost",3\nfee,2\nunparsed,1\n', LABELS)
    assert counted.tolist() == [3, 0, 2, 0, 1]
    texts = 'text,predicted\na,fee\nb,"card, lost"\nc,"card, lost"\nd,\ne,FEE\nf,"card, lost"\n'
    assert read_predicted(texts, LABELS).tolist() == [3, 0, 2, 0, 1]
    assert read_predicted("label,count\nunparsed,4\nfee,1\n", ("fee", "unparsed")).tolist() == [1, 4, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,count\nfees,3\n", "line 2 names 'fees', which is no label"),
        ("label,count\nfee,-3\n", "line 2 ('fee'): the count -3 is negative"),
        ("predicted\nfee\nfees\nfees\n", "'fees' is no label of the task (2 times)"),
        ("label,count\nfee,0\n", "all counts are 0"),
        ("label,count\n", "all counts are 0"),
        ("prediction\nfee\n", "has no column 'label', 'count'"),
    ],
)
def test_bad_predictions_are_refused_with_their_row(text, said):
    with pytest.raises(DataError) as refused:
        read_predicted(text, LABELS)
    assert said in str(refused.value)


def test_a_table_that_is_written_can_be_read_again():
    text = counts_table(LABELS, [3, 0, 2, 5], 4)
    assert read_predicted(text, LABELS).tolist() == [3, 0, 2, 5, 4]
    assert shares(counts_table(LABELS, [3, 0, 2, 5])) == pytest.approx([0.3, 0, 0.2, 0.5])
    odd = ("a", "unparsed")
    assert np.array_equal(read_predicted(counts_table(odd, [1, 2], 3), odd), [1, 2, 3])
