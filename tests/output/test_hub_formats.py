"""A run's results for a model on the hub, read and checked by huggingface_hub's own code."""

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results

from evalcore.analysis.scored_run import score_run
from evalcore.errors import DataError
from evalcore.output.export import export_run
from evalcore.output.formats import RUN_FORMATS
from evalcore.output.formats.hub import data_set_of
from evalcore.store.spec import RunSpec
from evalcore.tasks.banking77 import BANKING77_REPO, BANKING77_REVISION
from evalcore.tasks.task import TaskSource
from tests.tools.bundles import put_run
from tests.tools.command_line import evalcore
from tests.tools.generated import imported

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = f"{BANKING77_REPO}@{BANKING77_REVISION}"


@pytest.fixture
def scored(store):
    return score_run(store, imported(store, 12, 200).run_id)


def of(scored, name="banking77", origin=HUB, **record):
    """The same run, as if its data came from there."""
    spec = replace(scored.record.spec, task=TaskSource(name))
    return replace(scored, record=replace(scored.record, spec=spec, origin=origin, **record))


def content(scored, name):
    (file,) = RUN_FORMATS[name].files(None, scored, None, False).items()
    return file[0], b"".join(file[1]).decode()


def test_the_model_card_is_read_by_the_hubs_own_code(scored):
    run = of(scored, task_name="banking77")
    name, text = content(run, "model-card")
    card = ModelCard(text)
    model, results = model_index_to_eval_results(card.data.to_dict()["model-index"])
    assert (name, model) == ("model-card.md", run.record.spec.model.removeprefix("imported:"))
    by_type = {result.metric_type: result for result in results}
    assert by_type["accuracy"].metric_value == scored.scores.accuracy
    assert by_type["f1"].metric_value == scored.scores.macro_f1_present
    assert by_type["f1"].metric_name == "Macro-F1, labels in the sample"
    for result in results:
        assert (result.task_type, result.dataset_type) == ("text-classification", BANKING77_REPO)
        assert (result.dataset_name, result.dataset_split) == ("banking77", "test")
        assert result.dataset_revision == BANKING77_REVISION
        assert result.dataset_args["n"] == scored.scores.n
        low, high = result.metric_args["interval_95"]
        assert low < result.metric_value < high
    assert card.text.strip().startswith("Results of Blindspot's run")
    assert "local" not in text


def test_of_a_local_file_only_what_is_true_is_written(scored):
    """No id and no revision of a data set that does not exist, and a sentence on why."""
    card = ModelCard(content(scored, "model-card")[1])
    for result in card.data.eval_results:
        assert (result.dataset_type, result.dataset_revision, result.dataset_config) == ("local", None, None)
    assert "The data is a local file and no data set of the hub" in card.text


def test_eval_results_are_read_by_the_hubs_own_code(scored):
    name, text = content(of(scored), "eval-results")
    assert name == ".eval_results/banking77.yaml"
    (entry,) = parse_eval_result_entries(yaml.safe_load(text))
    assert (entry.dataset_id, entry.task_id, entry.dataset_revision) == (BANKING77_REPO, "default", BANKING77_REVISION)
    assert entry.value == scored.scores.accuracy
    assert entry.date.endswith("Z")
    assert entry.source_url is None
    assert "200 of 200 examples" in entry.notes
    assert "95 % interval" in entry.notes
    assert f"{scored.scoring} scoring, parser" in entry.notes


def test_eval_results_need_a_data_set_of_the_hub(scored, store, tmp_path):
    why = RUN_FORMATS["eval-results"].why_not(scored)
    assert "an .eval_results file names a data set of the hub" in why
    with pytest.raises(DataError, match="names a data set of the hub"):
        export_run(store, scored, tmp_path / "out", formats=["own", "eval-results"])
    assert not (tmp_path / "out").exists()
    said = evalcore(
        "export", scored.record.run_id, "--out", tmp_path / "out", "--format", "eval-results", cache=store.folder,
        check=False,
    )  # fmt: skip
    assert said.returncode == 1
    assert "Write the model card's metadata instead" in said.stderr


def test_before_anything_is_predicted_there_is_no_result(store):
    empty = of(score_run(store, put_run(store, {"predictor": "demo"}, done=0)))
    assert RUN_FORMATS["eval-results"].why_not(empty) == "Nothing is predicted yet."
    card = ModelCard(content(empty, "model-card")[1])
    assert card.data.eval_results is None
    assert "there are no results" in card.text


@pytest.mark.parametrize(
    ("name", "origin", "found"),
    [
        ("banking77", HUB, (BANKING77_REPO, "", BANKING77_REVISION, "test")),
        ("banking77", "/data/banking77", (BANKING77_REPO, "", "", "test")),
        (f"hub:o/n@{COMMIT}#validation", "x", ("o/n", "", COMMIT, "validation")),
        ("hub:o/n:config", f"hub:o/n:config@{COMMIT}#test", ("o/n", "config", COMMIT, "test")),
        ("hub:o/n@main", "hub:o/n@main", ("o/n", "", "", "")),
        ("hub:o/n", "hub:o/n", ("o/n", "", "", "")),
        ("/data/hub:o/n.csv", "/data/hub:o/n.csv", None),
        ("demo", "evalcore/demo/data", None),
        ("upload:0123456789abcdef", "rows.csv", None),
    ],
)
def test_the_data_set_is_known_by_its_name(scored, name, origin, found):
    data_set = data_set_of(of(scored, name, origin).record)
    assert (data_set and (data_set.repo, data_set.config, data_set.revision, data_set.split)) == found


@pytest.mark.parametrize(
    ("model", "shown"), [("/home/me/models/intents", "intents"), ("./intents", "intents"), ("o/n@v1", "o/n@v1")]
)
def test_a_folder_of_this_machine_is_not_told_to_the_hub(scored, model, shown):
    run = replace(scored, record=replace(scored.record, spec=replace(RunSpec(), model=model)))
    text = content(run, "model-card")[1]
    assert ModelCard(text).data.model_name == shown
    assert "/home" not in text


def test_odd_names_stay_data(scored):
    """F28. Names that YAML would read as something else, and characters that cannot be encoded."""
    odd = "no: &x *y !!python/object {a: b} # '\"\n---\n\u2028 é"
    run = of(scored, task_name=odd, origin="/data/x.csv", name="/data/x.csv")
    card = ModelCard(content(run, "model-card")[1])
    assert {result.dataset_name for result in card.data.eval_results} == {odd}
