"""Runs in lm-eval's files, read by lm-eval's own code and by this program's own import."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lm_eval.api.metrics import mean, mean_stderr
from lm_eval.result_schema import EvalResults, SampleResult
from lm_eval.utils import (
    get_file_datetime,
    get_file_task_name,
    get_latest_filename,
    get_results_filenames,
    get_sample_results_filenames,
    hash_string,
    make_table,
    sanitize_model_name,
)
from pydantic import TypeAdapter

from evalcore.analysis.scored_run import score_run
from evalcore.importing import import_file
from evalcore.output.export import export_run
from evalcore.output.formats.lm_eval import _short, lm_eval
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import built_in
from tests.conftest import ROOT
from tests.tools.bundles import put_run
from tests.tools.generated import imported

RECORDED = ROOT / "tests" / "importing" / "recorded" / "lm-eval"
"""Files that lm-eval itself wrote."""
OF_A_METRIC = {"acc", "exact_match"}


def written(store, run_id, folder):
    """The two files of a run, under the names that lm-eval's own functions find."""
    paths = export_run(store, score_run(store, run_id), folder, formats=["lm-eval"])
    names = [str(path) for path in paths]
    (results,), (samples,) = get_results_filenames(names), get_sample_results_filenames(names)
    with open(results, encoding="utf-8") as stream:
        content = json.load(stream)
    with open(samples, encoding="utf-8") as stream:
        return content, [json.loads(line) for line in stream], results, samples


@pytest.fixture
def run(store, tmp_path):
    """An import with 2 % unparsed answers, written and read again."""
    scored = score_run(store, imported(store, 12, 200).run_id)
    return scored, *written(store, scored.record.run_id, tmp_path / "out")


def test_lm_eval_prints_its_table_of_it(run):
    scored, results, *_ = run
    (row,) = [line.split("|")[1:-1] for line in make_table(results).splitlines() if "|acc" in line]
    name, _, used, n_shot, metric, better, value, _, stderr = [cell.strip() for cell in row]
    accuracy = scored.scores.accuracy
    assert (name, used, n_shot, metric, better) == (scored.record.task_name, "none", "0", "acc", "↑")
    assert value == f"{accuracy:.4f}"
    assert float(stderr) == pytest.approx((accuracy * (1 - accuracy) / 199) ** 0.5, abs=5e-5)
    assert f"{scored.scores.macro_f1_present:.4f}" in make_table(results)


def test_its_figures_are_those_that_lm_eval_makes_of_the_samples(run):
    scored, results, samples, *_ = run
    ((task, metrics),) = results["results"].items()
    right = [sample["acc"] for sample in samples]
    assert metrics["acc,none"] == mean(right) == scored.scores.accuracy
    assert metrics["acc_stderr,none"] == pytest.approx(mean_stderr(right), rel=1e-12)
    hashes = "".join(sample["doc_hash"] + sample["prompt_hash"] + sample["target_hash"] for sample in samples)
    assert results["task_hashes"] == {task: hash_string(hashes)}
    assert results["n-samples"] == {task: {"original": 200, "effective": 200}}


def test_it_fits_lm_evals_types(run):
    """Of configs lm-eval writes lists that its own type does not have, and `N/A` where it knows no standard error."""
    _, results, samples, *_ = run
    assert set(results) <= set(EvalResults.__annotations__)
    (metrics,) = results["results"].values()
    assert metrics.pop("f1_stderr,none") == "N/A"
    assert results.pop("git_hash") is None  # lm-eval's own, too, outside of a checkout
    assert results.pop("configs").keys() == results["results"].keys()
    TypeAdapter(EvalResults).validate_python(results)
    for sample in samples:
        TypeAdapter(SampleResult).validate_python(sample)


def test_a_sample_has_the_fields_of_one_that_lm_eval_wrote(run):
    _, results, samples, *_ = run
    with open(RECORDED / "samples_intents_written.jsonl", encoding="utf-8") as stream:
        theirs = json.loads(stream.readline())
    assert set(samples[0]) - OF_A_METRIC == set(theirs) - OF_A_METRIC
    for name in set(theirs) - OF_A_METRIC:
        assert type(samples[0][name]) is type(theirs[name]), name
    assert samples[0]["arguments"].keys() == theirs["arguments"].keys()
    recorded = json.loads((RECORDED / "results.json").read_text(encoding="utf-8"))
    assert set(recorded) - set(results) <= {
        "pretty_env_info", "transformers_version", "lm_eval_version", "upper_git_hash", "tokenizer_pad_token",
        "tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id", "max_length", "system_instruction",
        "system_instruction_sha", "fewshot_as_multiturn", "chat_template", "chat_template_sha", "start_time",
        "end_time",
    }, "what lm-eval says of itself, which did not run"  # fmt: skip


def test_its_hashes_are_lm_evals(run):
    """The recipe, on a sample that lm-eval hashed itself."""
    with open(RECORDED / "samples_intents_written.jsonl", encoding="utf-8") as stream:
        theirs = json.loads(stream.readline())
    assert hash_string(json.dumps(theirs["doc"], indent=2, ensure_ascii=False)) == theirs["doc_hash"]
    _, _, samples, *_ = run
    for sample in samples[:20]:
        assert sample["doc_hash"] == hash_string(json.dumps(sample["doc"], indent=2, ensure_ascii=False))
        assert sample["prompt_hash"] == hash_string(sample["arguments"]["gen_args_0"]["arg_0"])
        assert sample["target_hash"] == hash_string(sample["target"])


def test_lm_eval_finds_the_files_by_their_names(run):
    scored, _, _, results, samples = run
    assert get_file_datetime(results.rpartition("/")[2]).removesuffix(".json") == get_file_datetime(
        samples.rpartition("/")[2]
    )
    assert get_file_task_name(samples.rpartition("/")[2]) == re.sub(r"\W", "_", scored.record.task_name)
    later = replace(scored.record, created=scored.record.created + 1)
    names = [results, *lm_eval(None, replace(scored, record=later))]
    assert get_latest_filename([name for name in names if "results_" in name]) == names[1]
    assert samples.split("/")[-2] == sanitize_model_name(scored.record.spec.model)


def test_the_samples_load_as_a_data_set(run, tmp_path):
    """As lm-eval's own card of its results loads them."""
    import datasets

    datasets.disable_progress_bars()
    _, _, samples, _, path = run
    loaded = datasets.load_dataset("json", data_files=path, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["target"][:] == [sample["target"] for sample in samples]
    assert loaded["resps"][:] == [sample["resps"] for sample in samples]


def test_our_own_import_gives_it_the_same_score(run, tmp_path):
    scored, _, _, _, samples = run
    other = Store(tmp_path / "other")
    again = score_run(other, import_file(Path(samples), other).run_id)
    assert (again.scores.n, again.scores.correct, again.scores.unparsed) == (
        scored.scores.n, scored.scores.correct, scored.scores.unparsed,
    )  # fmt: skip
    assert scored.scores.unparsed > 0
    assert again.scores.macro_f1_present == pytest.approx(scored.scores.macro_f1_present)


def test_what_was_asked_is_in_the_arguments(store, tmp_path):
    asked = {}
    for prompt in ("article", "few-shot:2"):
        run_id = put_run(store, {"predictor": "demo", "max_new_tokens": 16}, prompt=built_in(prompt))
        results, samples, *_ = written(store, run_id, tmp_path / prompt[:3])
        ((_, config),) = results["configs"].items()
        asked[prompt] = samples[0]["arguments"]["gen_args_0"]["arg_0"], config, results["n-shot"]
    messages = json.loads(asked["article"][0])
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[0]["content"].endswith("Valid intents: a, b")
    assert messages[1]["content"] == "naïve café"
    text, config, n_shot = asked["few-shot:2"]
    assert text == "naïve café"
    assert "solved examples before it are not stored" in config["metadata"]["arguments"]
    assert list(n_shot.values()) == [config["num_fewshot"]] == [2]


@pytest.mark.parametrize("done", [0, 1, 3])
def test_of_few_answers_what_is_not_known_is_said_so(store, tmp_path, done):
    """lm-eval writes N/A for the error of one sample; it never has none at all."""
    run_id = put_run(store, {"predictor": "demo"}, done=done)
    results, samples, *_ = written(store, run_id, tmp_path)
    (metrics,) = results["results"].values()
    assert len(samples) == metrics["sample_len"] == done
    assert (metrics["acc,none"] == "N/A") == (done == 0)
    assert (metrics["acc_stderr,none"] == "N/A") == (done < 2)
    assert results["config"]["limit"] == done
    assert "|acc" in make_table(results)


NAMES = {
    "slashes": "../../etc/passwd",
    "10,000 characters": "täglich/" * 1250,
    "NUL and line ends": "a\0b\nc_d",
    "dots": "..",
    "a formula": "=1+1",
    "nothing": "",
    "Windows": 'C:\\data\\x:y*?"<>|',
}


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_of_tasks_and_models_are_files_in_the_folder(store, tmp_path, name):
    """F28, F44. Red with the task's or the model's name in the path as it is."""
    odd = NAMES[name]
    scored = score_run(store, imported(store, 4, 12).run_id)
    record = replace(scored.record, task_name=odd, spec=replace(RunSpec(), model=odd))
    files = lm_eval(store, replace(scored, record=record))
    for path, pieces in files.items():
        folder, _, file = path.partition("/")
        assert folder not in ("", ".", "..")
        assert "/" not in file
        assert max(len(part.encode()) for part in (folder, file)) <= 255
        assert not set(path) & set('\0\n\\<>:"|?*')
        target = tmp_path / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(b"".join(pieces))
        assert target.resolve().is_relative_to(tmp_path.resolve())
    results = json.loads(target.parent.joinpath(min(path.name for path in target.parent.iterdir())).read_text())
    (metrics,) = results["results"].values()
    assert metrics["alias"] == odd


def test_names_that_are_cut_stay_different():
    one, other = "x" * 300 + "a", "x" * 300 + "b"
    assert _short(one) != _short(other)
    assert _short("x" * 80) == "x" * 80
