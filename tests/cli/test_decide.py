"""`decide`: every option, every way to write the answers, and what a person can mend."""

import argparse
import json
from dataclasses import asdict, fields

import pytest
from jsonschema import Draft202012Validator

from evalcore.cli import decide as command
from evalcore.cli.decide import percentage
from evalcore.deciding import LOOKED_AT, QUESTIONS, TABLE_FIELDS, DecisionAsked
from evalcore.output import schema
from evalcore.output.command import decide_option
from evalcore.store.database import Store
from tests.tools.command_line import evalcore
from tests.tools.decisions import LABELS, two_runs
from tests.tools.runs import stored

LOST, PIN, TOP, FEE, UP, DOWN = LABELS


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("decide")


@pytest.fixture(scope="module")
def runs(cache):
    return [scored.record.run_id for scored in two_runs(Store(cache))]


def answered(*words, cache):
    return json.loads(evalcore("decide", *words, "--json", cache=cache).stdout)


def test_it_answers_every_question_with_its_sentence_first(cache, runs):
    data = answered(runs[0], cache=cache)
    assert list(data["questions"]) == list(QUESTIONS)
    text = evalcore("decide", runs[0], cache=cache).stdout
    for one in data["questions"].values():
        assert f"\n{one['question']}\n  {one['sentences'][0]}\n" in text
        assert all(f"  {sentence}\n" in text for sentence in one["sentences"])


def test_every_field_that_can_be_asked_has_an_option_with_its_help():
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    added = {
        action.dest: action
        for action in parser._subparsers._group_actions[0].choices["decide"]._actions  # the options that argparse has
    }
    usual = DecisionAsked()
    for question in QUESTIONS:
        for one in fields(usual.of(question)):
            if one.name in LOOKED_AT:
                continue
            assert decide_option(one.name) in added[one.name].option_strings
            assert added[one.name].help, one.name


@pytest.mark.parametrize(
    ("words", "question", "expected"),
    [
        (["--target", "0.9"], "review", {"target": 90.0}),
        (["--target", "80 %", "--signal", "margin"], "review", {"target": 80.0, "signal": "margin"}),
        (["--per-label", "--minutes", "2.5", "--price", "1"], "review",
         {"per_label": True, "minutes": 2.5, "price": 1.0}),
        (["--review-cost", "0.4", "--unit", "EUR"], "costs", {"review_cost": 0.4, "unit": "EUR"}),
        (["--best", "3"], "label_list", {"best": 3}),
        (["--merge", f"{UP},{DOWN}=rate"], "label_list", {"merge": '[["rate","rate_down","rate_up"]]'}),
        (["--merge", f'"{LOST}"=', "--merge", f"{UP},{DOWN}=rate"], "label_list",
         {"merge": '[["","card, lost"],["rate","rate_down","rate_up"]]'}),
        (["--score", "cost of mistakes", "--effort", "tokens"], "frontier",
         {"score": "cost of mistakes", "effort": "tokens"}),
    ],
)  # fmt: skip
def test_an_option_asks_what_it_says(words, question, expected, cache, runs):
    data = answered(runs[0], *words, "--only", question.replace("_", "-"), cache=cache)
    assert data["asked"][question] == {**asdict(DecisionAsked().of(question)), **expected}
    assert list(data["questions"]) == [question]
    assert data["questions"][question]["sentences"]


TABLES = {
    "actions": f'label,action\n"{LOST}",card\n{TOP},card\n',
    "costs": "true,predicted,cost\n*,*,3\n",
    "mix": "label,count\n" + "".join(f"{name},{at + 1}\n" for at, name in enumerate((TOP, UP, DOWN))),
    "predicted_counts": "label,count\n" + "".join(f"{name},40\n" for name in (TOP, UP, DOWN)),
    "hierarchy": "label,group\n"
    + "".join(f'"{name}",{group}\n' for name, group in ((LOST, "card"), (TOP, "card"), (FEE, "fee"), (UP, "rate")))
    + f'"{PIN.replace(chr(34), chr(34) * 2)}",card\n{DOWN},rate\n',
}


def test_there_is_a_case_for_every_table():
    assert set(TABLES) == set(TABLE_FIELDS)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_from_its_file_and_changes_the_answer(name, cache, runs, tmp_path):
    question = next(q for q in QUESTIONS if any(one.name == name for one in fields(DecisionAsked().of(q))))
    only = ["--only", question.replace("_", "-")]
    (tmp_path / "table.csv").write_text(TABLES[name], encoding="utf-8-sig")  # as Excel saves it
    data = answered(runs[0], decide_option(name), tmp_path / "table.csv", *only, cache=cache)
    assert data["asked"][question][name] == TABLES[name]
    assert (
        data["questions"][question]["answer"] != answered(runs[0], *only, cache=cache)["questions"][question]["answer"]
    )


@pytest.mark.parametrize(
    ("option", "content", "says"),
    [
        ("--costs", None, "the file cannot be read (No such file or directory)"),
        ("--costs", b"", "there is nothing in it"),
        ("--costs", b"true,predicted,cost\n\xff\xfe,a,1\n", "is no UTF-8"),
        ("--costs", b"true,predicted,cost\n*,*,-1\n", "line 2"),
        ("--costs", b"true,predicted,cost\n*,nobody,1\n", "nobody"),
        ("--costs", b"true,cost\n*,1\n", "predicted"),
        ("--actions", b"label,action\nnobody,team\n", "nobody"),
        ("--mix", b"label,share\nrate_up,0.2\ntop|up,0.2\n", "add up to"),
        ("--mix", b"label,share\nrate_up,-0.2\ntop|up,1.2\n", "rate_up"),
        ("--predicted", b"label,count\nnobody,3\n", "nobody"),
        ("--hierarchy", b"label,group\nnobody,x\n", "nobody"),
    ],
)
def test_a_table_that_is_wrong_is_said_with_its_row_and_nothing_is_printed(
    option, content, says, cache, runs, tmp_path
):
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content)
    done = evalcore("decide", runs[0], option, tmp_path / "table.csv", cache=cache, check=False)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr.startswith("error: ")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--merge", "nobody,rate_up=x"], "nobody"),
        (["--merge", "rate_up"], "does not say which labels become which"),
        (["--merge", *(f'"{name.replace(chr(34), chr(34) * 2)}",rate_up=all' for name in LABELS[:4]),
          "rate_down=all"], "one label would be left"),
        (["--format", "csv"], "Give --tables FOLDER"),
        (["--require-target", "--only", "costs"], "--require-target"),
        (["--best", "3", "--only", "costs"], "--best is about the question `label-list`"),
        (["--beside", "0123456789ab"], "no such run"),
        (["--texts", "hashed"], "--html"),
    ],
)  # fmt: skip
def test_what_a_person_can_mend_is_said(words, says, cache, runs):
    done = evalcore("decide", runs[0], *words, cache=cache, check=False)
    assert done.returncode == 1
    assert says in done.stderr


@pytest.mark.parametrize("words", [["--target", "0.2"], ["--target", "101"], ["--target", "nan"], ["--best", "2.5"],
                                   ["--minutes", "-1"], ["--signal", "luck"], ["--target", "1"]])  # fmt: skip
def test_a_number_out_of_its_range_is_refused(words, cache, runs):
    with pytest.raises(SystemExit) as ended:
        evalcore("decide", runs[0], *words, cache=cache)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("text", "percent"),
    [("0.95", 95), ("95", 95), ("95%", 95), (" 95 % ", 95), ("0.5 %", 0.5), ("1", 100), ("99.9", 99.9)],
)
def test_a_target_is_a_share_up_to_one_or_percent(text, percent):
    assert percentage(text) == percent


def test_two_runs_are_compared_and_those_without_a_common_example_are_refused(cache, runs):
    data = answered(runs[0], "--beside", runs[1], cache=cache)
    assert (data["run"], data["beside"]) == tuple(runs)
    text = evalcore("decide", runs[0], "--beside", runs[1], cache=cache).stdout
    assert text.startswith(f"A: {runs[0]}")
    assert f"\nB: {runs[1]}" in text
    stranger = stored(Store(cache), ["x", "y"], ["x", "x"]).run_id
    done = evalcore("decide", runs[0], "--beside", stranger, cache=cache, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be compared" in done.stderr


@pytest.mark.parametrize("words", [[], ["--beside", "B"]])
def test_the_json_fits_its_schema(words, cache, runs):
    words = [runs[1] if word == "B" else word for word in words]
    validator = Draft202012Validator(schema("decision"))
    validator.check_schema(schema("decision"))
    data = answered(runs[0], *words, cache=cache)
    assert [error.message for error in validator.iter_errors(data)] == []
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    for broken in ({**data, "version": 2}, {**data, "extra": 1}, {**data, "questions": {}}):
        assert list(validator.iter_errors(broken))
    one = data["questions"]["costs"]
    assert list(validator.iter_errors({**data, "questions": {"costs": {**one, "sentences": []}}}))


def test_a_run_without_probabilities_says_why_and_answers_the_others(cache):
    run = stored(Store(cache), list("abcd") * 20, list("abca") * 20, name="plain.csv").run_id
    data = answered(run, cache=cache)
    said = evalcore("decide", run, cache=cache).stdout
    review = data["questions"]["review"]
    assert "probabilit" in (review["why_not"] or review["sentences"][0])
    assert (review["why_not"] or review["sentences"][0]) in said
    assert data["questions"]["costs"]["answer"]
    assert data["questions"]["label_list"]["answer"]


def test_the_status_says_whether_the_target_is_promised(cache, runs):
    within_reach = evalcore("decide", runs[1], "--target", "60", "--require-target", cache=cache, check=False)
    beyond = evalcore("decide", runs[1], "--target", "99.9", "--require-target", cache=cache, check=False)
    assert (within_reach.returncode, beyond.returncode) == (0, 1)
    assert beyond.stdout  # the answer is printed all the same


def test_markdown_goes_to_a_file_or_to_the_terminal(cache, runs, tmp_path):
    printed = evalcore("decide", runs[0], "--markdown", "-", cache=cache).stdout
    assert printed.startswith("Run `")
    evalcore("decide", runs[0], "--markdown", tmp_path / "decision.md", cache=cache)
    assert (tmp_path / "decision.md").read_text() == printed
