"""`run.json` and `predictions.jsonl` of every run fit their JSON Schemas, and come back with the same figures."""

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from evalcore.analysis.label_probabilities import label_probabilities
from evalcore.analysis.scored_run import score_run
from evalcore.errors import DataError
from evalcore.importing import import_export
from evalcore.output.export import export_run
from evalcore.output.own_format import schema
from evalcore.output.report import findings_of, report_as_json
from evalcore.parse import MATCHES
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.label_reference import LabelReference
from evalcore.store.spec import RunSpec
from evalcore.store.usage import Usage
from evalcore.tasks.prompt import built_in
from evalcore.tasks.task import TaskSource
from tests.tools.bundles import LABELS, put_run
from tests.tools.command_line import evalcore
from tests.tools.generated import imported
from tests.tools.probabilities import over_confident, stored_with_logprobs

SERVER = {"predictor": "server", "url": "http://127.0.0.1:8000/v1", "model": "m"}
ADAPTER = {"predictor": "transformers", "model": "sha256:a", "adapter": "sha256:b", "max_new_tokens": 16}


def of_server(store):
    spec = RunSpec(model="http://127.0.0.1:8000/v1#m")
    return put_run(store, SERVER, spec=spec, usage=Usage(7, 900, 10, 30, 1))


def choosing(store, **unknown):
    logprobs = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.3, 0.4, 0.3]]))
    for row, column in unknown.get("at", ()):
        logprobs[row, column] = np.nan
    spec = RunSpec(decoding="choose")
    return stored_with_logprobs(store, ["a", "b", "c"], [0, 1, 1, 2], logprobs, spec=spec).run_id


RUNS = {
    "unfinished": lambda store: put_run(store, {"predictor": "transformers"}, done=3),
    "not begun": lambda store: put_run(store, {"predictor": "transformers"}, done=0),
    "server": of_server,
    "adapter": lambda store: put_run(store, ADAPTER),
    "numbered": lambda store: put_run(store, {"predictor": "demo"}, prompt=built_in("numbered")),
    "shuffled labels": lambda store: put_run(store, {"predictor": "demo"}, prompt=built_in("shuffled-labels:1")),
    "label reference": lambda store: put_run(
        store, {"predictor": "demo"}, reference=LabelReference((1, 2), {"": (-1.0, -2.0)})
    ),
    "imported": lambda store: imported(store, 12, 60).run_id,
    "imported with probabilities": lambda store: over_confident(store, 5, 40).run_id,
    "choose": choosing,
    "some probabilities": lambda store: choosing(store, at=[(0, 1), (2, 0), (2, 1), (2, 2)]),
}


@pytest.fixture
def exported(request, store, tmp_path):
    """Exports a run with the probabilities of all labels where it has some, and scores it."""

    def export(name):
        scored = score_run(store, RUNS[name](store))
        export_run(store, scored, tmp_path / "out", all_labels=label_probabilities(scored) is not None)
        return scored, tmp_path / "out"

    return export


def problems(of, value):
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema(of)).iter_errors(value)]


def lines(folder):
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("of", ["run", "prediction"])
def test_the_schemas_are_schemas(of):
    Draft202012Validator.check_schema(schema(of))
    assert schema(of)["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", RUNS)
def test_every_run_fits_the_schema(exported, name):
    scored, folder = exported(name)
    assert problems("run", json.loads((folder / "run.json").read_text())) == []
    rows = lines(folder)
    assert [problem for row in rows for problem in problems("prediction", row)] == []
    assert len(rows) == len(scored.answers)


def test_a_real_baseline_fits_the_schema(store, colours, tmp_path):
    scored = score_run(store, execute(RunSpec(TaskSource(str(colours)), "tfidf", n=40), store).record.run_id)
    export_run(store, scored, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "run.json").read_text())
    assert problems("run", content) == []
    assert content["run"]["finished"] >= content["run"]["created"]


def test_what_is_written_is_described(exported):
    """Also what the schema would let pass: a metric that is added to the registry without a word about it."""
    _, folder = exported("server")
    content = json.loads((folder / "run.json").read_text())
    of_run = schema("run")["properties"]
    assert set(content["report"]) == set(of_run["report"]["properties"])
    assert set(content["run"]["spec"]) == set(of_run["run"]["properties"]["spec"]["properties"])
    assert schema("prediction")["properties"]["match"]["enum"] == list(MATCHES)
    assert content["report"]["server_usage"]["requests"] == 7


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda run: run.pop("format"), "$: 'format'"),
        (lambda run: run.update(version=2), "$.version"),
        (lambda run: run["run"].update(labels=[]), "$.run.labels"),
        (lambda run: run["run"].update(extra=1), "$.run: "),
        (lambda run: run["report"].update(accuracy=1.5), "$.report.accuracy"),
        (lambda run: run["report"].update(accuracy_interval=[0.1]), "$.report.accuracy_interval"),
        (lambda run: run["report"].update(note="text"), "$.report.note"),
        (lambda run: run["report"]["per_class"][0].pop("support"), "$.report.per_class[0]"),
    ],
)
def test_the_schema_refuses_what_is_no_run(exported, change, where):
    _, folder = exported("unfinished")
    content = json.loads((folder / "run.json").read_text())
    change(content)
    assert any(problem.startswith(where) for problem in problems("run", content))


@pytest.mark.parametrize("change", [{"predicted": 1}, {"outcome": "good"}, {"more": 1}, {"confidence": 0.5}])
def test_the_schema_refuses_what_is_no_prediction(exported, change):
    _, folder = exported("unfinished")
    assert problems("prediction", lines(folder)[0]) == []
    assert problems("prediction", lines(folder)[0] | change)


def figures(store, scored):
    """What a report holds of the answers, without what is known of the model and the prompt."""
    report = report_as_json(scored, findings_of(store, scored))
    left_out = {
        "run_id", "task", "origin", "model", "prompt", "sample", "decoding", "identity", "facts", "seconds",
        "planned_seconds", "load_seconds", "findings", "server_usage", "n_asked", "complete", "matches", "seed",
    }  # fmt: skip
    return {name: rounded(value) for name, value in report.items() if name not in left_out}


def rounded(value):
    """With five digits: probabilities are written with seven."""
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


@pytest.mark.parametrize("name", [name for name in RUNS if name != "not begun"])
def test_an_export_comes_back_with_the_same_figures(exported, store, tmp_path, name):
    """Also of a prompt whose answers are numbers, and of labels that the sample does not have."""
    scored, folder = exported(name)
    record = import_export(folder, store)
    again = score_run(store, record.run_id)
    assert record.labels == scored.labels
    assert [answer.predicted for answer in again.answers] == [answer.predicted for answer in scored.answers]
    assert figures(store, again) == figures(store, scored)


def test_a_numbered_answer_is_read_by_what_was_understood(store, tmp_path):
    """Red with the completions parsed again: the list that their numbers are of is not a part of an import."""
    texts = ("one", "two", "three", "four")
    run_id = put_run(store, {"predictor": "demo"}, prompt=built_in("numbered"), texts=texts)
    lines_of_numbers = score_run(store, run_id)
    export_run(store, lines_of_numbers, tmp_path)
    rows = [row | {"completion": "1", "predicted": LABELS[1]} for row in lines(tmp_path)]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    again = score_run(store, import_export(tmp_path, store).run_id)
    assert {answer.predicted for answer in again.answers} == {LABELS[1]}


def test_the_command_line_takes_the_folder(exported, store, tmp_path):
    scored, folder = exported("choose")
    report = json.loads(evalcore("import", folder, "--json", cache=tmp_path / "other").stdout)
    assert report["accuracy"] == scored.scores.accuracy
    assert report["model"] == "imported:predictions.jsonl"
    refused = evalcore("import", folder, "--labels", folder / "run.json", cache=tmp_path / "other", check=False)
    assert "is imported alone" in refused.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "an exported run cannot be read"),
        ("{", "not valid JSON"),
        ("[]", "it is no exported run"),
        ('{"run": {}, "report": {}}', "older versions wrote no format"),
        ('{"format": "blindspot-run", "version": 2}', "its version is '2', and this program reads 1"),
        ('{"format": "blindspot-run", "version": 1}', "it has no list of labels"),
        ('{"format": "blindspot-run", "version": 1, "run": {"labels": [null]}}', "it has no list of labels"),
    ],
)
def test_a_folder_that_is_no_export_is_said_to_be_none(store, tmp_path, content, said):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(DataError, match=said):
        import_export(tmp_path, store)
    assert not Store(store.folder).runs()


def test_an_export_without_its_predictions_is_said(exported, store, tmp_path):
    _, folder = exported("choose")
    (folder / "predictions.jsonl").unlink()
    with pytest.raises(DataError, match=r"predictions\.jsonl"):
        import_export(folder, Store(tmp_path / "other"))


def test_the_schemas_file_stands_where_a_table_has_its_name(exported, tmp_path):
    """Red with the format that is named last."""
    scored, folder = exported("imported")
    both = tmp_path / "both"
    export_run(scored.answers.store, scored, both, formats=["own", "jsonl", "csv"])
    for name in ("predictions.jsonl", "predictions.csv"):
        assert (both / name).read_bytes() == (folder / name).read_bytes()
    assert (both / "labels.jsonl").is_file()
