"""What other tools wrote, read: files of lm-eval, Inspect, promptfoo and LangSmith themselves, others as documented."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run
from evalcore.errors import DataError, ModelError
from evalcore.importing import FORMATS, Asked, NoField, import_file, import_files, read_predictions
from evalcore.importing import inspect_log as inspect_module
from evalcore.tasks.data_file import data_in_memory

RECORDED = Path(__file__).parent / "recorded"
LM_EVAL, INSPECT = RECORDED / "lm-eval", RECORDED / "inspect"
WRITTEN, CHOSEN = LM_EVAL / "samples_intents_written.jsonl", LM_EVAL / "samples_intents_chosen.jsonl"
PROMPTFOO, LANGSMITH = RECORDED / "promptfoo", RECORDED / "langsmith" / "experiment.csv"


def reading(name, content, **asked):
    if not isinstance(content, str | bytes):
        lines = name.endswith("l")
        content = "\n".join(map(json.dumps, content)) if lines else json.dumps(content)
    return read_predictions(
        data_in_memory(name, content.encode() if isinstance(content, str) else content), Asked(**asked)
    )


def rows(read):
    """Text, true label and answer of each row."""
    at = {role: read.table.columns.index(column) for role, column in read.columns.items()}
    return [
        tuple(row[at[role]] if role in at else None for role in ("text", "label", "answer")) for row in read.table.rows
    ]


def accuracy(store, path, scoring, **asked):
    return score_run(store, import_file(path, store, asked=Asked(**asked)).run_id, scoring).scores.accuracy


# --- lm-evaluation-harness


@pytest.mark.parametrize(
    ("path", "part", "metric"),
    [
        (WRITTEN, "filter none", "exact_match,none"),
        (WRITTEN, "filter first-word", "exact_match,first-word"),
        (CHOSEN, "", "acc,none"),
    ],
)
def test_the_score_of_lm_eval_samples_is_that_of_lm_eval(store, path, part, metric):
    task = path.stem.removeprefix("samples_")
    theirs = json.loads((LM_EVAL / "results.json").read_text())["results"][task][metric]
    assert accuracy(store, path, "strict", part=part) == theirs


def test_every_sample_of_lm_eval_is_right_where_lm_eval_says_so(store):
    for path, metric in ((WRITTEN, "exact_match"), (CHOSEN, "acc")):
        samples = [json.loads(line) for line in path.read_text().splitlines()]
        theirs = [sample[metric] == 1 for sample in samples if sample["filter"] == "none"]
        scored = score_run(store, import_file(path, store).run_id, "strict")
        assert [answer.outcome == "right" for answer in scored.answers] == theirs
        assert [answer.example.text for answer in scored.answers] == [s["doc"]["text"] for s in samples[: len(theirs)]]
        assert [answer.example.label for answer in scored.answers] == [
            s["doc"]["label"] for s in samples[: len(theirs)]
        ]


def test_log_likelihoods_of_choices_are_probabilities_of_all_labels(store):
    record = import_file(CHOSEN, store)
    scored = score_run(store, record.run_id)
    found = label_probabilities(scored)
    sample = json.loads(CHOSEN.read_text().splitlines()[0])
    theirs = np.array([float(score) for score, _ in sample["filtered_resps"]])
    order = [sample["doc"]["choices"].index(label) for label in scored.labels]
    shares = np.exp(theirs) / np.exp(theirs).sum()
    np.testing.assert_allclose(found.of_rows(np.array([0]))[0], shares[order], rtol=1e-5)
    assert found.complete.all()
    assert len(scored.labels) == 24
    assert scored.scores.labels_present < 24  # the choices are all labels, those that are nobody's as well


def test_what_lm_eval_says_of_itself_is_kept(store):
    record = import_file(WRITTEN, store, asked=Asked(model="demo"))
    assert (record.task_name, record.spec.model) == ("intents_written", "imported:demo")
    assert record.metadata["written by"] == "lm-evaluation-harness"
    assert record.metadata["imported"].startswith(
        "24 predictions, read as lm-evaluation-harness samples, filter none (1 of 2)"
    )


def test_a_target_may_be_the_place_of_a_choice_or_the_choice(store):
    sample = {
        "doc_id": 0, "doc": {"q": "hi"}, "target": "1", "filter": "none",
        "arguments": {"gen_args_0": {"arg_0": "hi", "arg_1": " a"}, "gen_args_1": {"arg_0": "hi", "arg_1": " b"}},
        "resps": [], "filtered_resps": [["-2.0", "False"], ["-1.0", "False"]],
    }  # fmt: skip
    read = reading("samples_x.jsonl", [sample, {**sample, "target": "a"}])
    assert rows(read) == [("hi", "b", "b"), ("hi", "a", "b")]
    assert read.labels == ["a", "b"]
    assert read.found["text"] == "doc.q"


def test_choices_that_were_asked_for_once_more_without_the_question_are_left_out():
    def request(context, choice):
        return {"arg_0": context, "arg_1": choice}

    arguments = [request("q", " a"), request("q", " b"), request("", " a"), request("", " b")]
    sample = {
        "doc_id": 0, "doc": {"text": "q"}, "target": 0, "filter": "none", "resps": [],
        "arguments": {f"gen_args_{i}": one for i, one in enumerate(arguments)},
        "filtered_resps": [[-1.0, False], [-2.0, False], [-9.0, False], [-0.5, True]],
    }  # fmt: skip
    assert rows(reading("samples_x.jsonl", [sample])) == [("q", "a", "a")]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": "7"}, 'the target "7" is none of the 2 choices'),
        ({"filtered_resps": [["-1", "False"]]}, "does not hold a log-likelihood for each choice"),
        ({"filtered_resps": [["nan", "False"], ["-1", "True"]]}, "does not hold a log-likelihood for each choice"),
        ({"arguments": {"gen_args_0": {"arg_0": "hi", "arg_1": " c"}}}, "choices are not those of the samples before"),
    ],
)
def test_a_sample_that_is_not_like_the_others_is_refused_with_its_line(changed, says):
    sample = {
        "doc_id": 0, "doc": {"text": "hi"}, "target": "1", "filter": "none", "resps": [],
        "arguments": {"gen_args_0": {"arg_0": "hi", "arg_1": " a"}, "gen_args_1": {"arg_0": "hi", "arg_1": " b"}},
        "filtered_resps": [["-2.0", "False"], ["-1.0", "False"]],
    }  # fmt: skip
    with pytest.raises(DataError, match="line 2") as caught:
        reading("samples_x.jsonl", [sample, {**sample, **changed}])
    assert says in str(caught.value)


def test_results_without_samples_are_named_as_such():
    with pytest.raises(DataError, match="hold no samples"):
        read_predictions(data_in_memory("results.json", (LM_EVAL / "results.json").read_bytes()))


# --- Inspect


def test_the_score_of_an_inspect_log_is_that_of_inspect(store):
    log = pytest.importorskip("inspect_ai.log").read_eval_log(str(INSPECT / "intents.eval"))
    (theirs,) = (score.metrics["mean"].value for score in log.results.scores)
    assert accuracy(store, INSPECT / "intents.eval", "strict") == pytest.approx(theirs)
    scored = score_run(store, import_file(INSPECT / "intents.eval", store).run_id, "strict")
    first = [sample for sample in log.samples if sample.epoch == 1]
    assert [answer.outcome == "right" for answer in scored.answers] == [s.scores["exact"].value == "C" for s in first]
    assert [answer.example.text for answer in scored.answers] == [sample.input for sample in first]


def test_both_formats_of_inspect_are_read_and_an_epoch_can_be_chosen(store):
    pytest.importorskip("inspect_ai")
    record = import_file(INSPECT / "intents.json", store)
    assert (record.n, record.task_name, record.spec.model) == (4, "intents", "imported:hf/demo")
    assert record.metadata["written by"].startswith("Inspect 0.3")
    a, b = import_files([(INSPECT / "intents.eval", Asked(part=f"epoch {epoch}")) for epoch in (1, 2)], store)
    assert a.sample_id == b.sample_id
    with pytest.raises(DataError, match="it holds no part 'epoch 3'"):
        import_file(INSPECT / "intents.eval", store, asked=Asked(part="epoch 3"))


def changed_log(**samples):
    """The log as JSON with some of its samples changed: the number of each, and what is new of it."""
    log = json.loads((INSPECT / "intents.json").read_text())
    for number, new in samples.items():
        log["samples"][int(number[1:])].update(new)
    return json.dumps(log)


def test_samples_without_an_output_are_left_out_and_that_is_said():
    pytest.importorskip("inspect_ai")
    error = {"message": "boom", "traceback": "", "traceback_ansi": ""}
    read = reading("x.json", changed_log(_1={"error": error}))
    assert len(read.table.rows) == 3
    assert "1 sample ended with an error or was cancelled: it is left out." in read.notes


def test_the_input_of_a_sample_may_be_messages_and_its_target_a_list():
    pytest.importorskip("inspect_ai")
    messages = [{"role": "system", "content": "be short"}, {"role": "user", "content": "hello there"}]
    read = reading("x.json", changed_log(_0={"input": messages, "target": ["a", "b"]}))
    assert rows(read)[0][:2] == ("hello there", "a")
    assert any("1 sample has more than one target" in note for note in read.notes)


def test_without_inspect_one_command_is_named(monkeypatch):
    monkeypatch.setattr("evalcore.extras.find_spec", lambda package: None)
    with pytest.raises(ModelError, match=r"pip install -r requirements-inspect\.txt"):
        reading("x.eval", (INSPECT / "intents.eval").read_bytes())


def test_an_archive_that_unfolds_to_too_much_is_refused_before_it_is_read(monkeypatch):
    pytest.importorskip("inspect_ai")
    monkeypatch.setattr(inspect_module, "MAX_BYTES", 1000)
    monkeypatch.setattr("inspect_ai.log.read_eval_log", None)
    with pytest.raises(DataError, match="holds more than"):
        reading("x.eval", (INSPECT / "intents.eval").read_bytes())


# --- promptfoo


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_promptfoo_writes_the_same_in_three_ways(store, ending):
    path = PROMPTFOO / f"out.{ending}"
    results = json.loads((PROMPTFOO / "out.json").read_text())["results"]["results"]
    for number in (0, 1):
        part = f"rules, prompt {number + 1}"
        theirs = [one for one in results if one["promptIdx"] == number and "output" in one.get("response", {})]
        read = read_predictions(data_in_memory(path.name, path.read_bytes()), Asked(part=part))
        of_both = (
            Counter(rows(read)),
            Counter((one["vars"]["text"], one["vars"]["label"], one["response"]["output"]) for one in theirs),
        )
        assert of_both[0] == of_both[1]
        assert read.parts == ["rules, prompt 1", "rules, prompt 2"]
        assert read.about["model"] == part


def test_a_result_of_promptfoo_that_is_an_error_is_left_out_and_that_is_said():
    for ending in ("json", "jsonl", "csv"):
        path = PROMPTFOO / f"out.{ending}"
        read = read_predictions(data_in_memory(path.name, path.read_bytes()), Asked(part="rules, prompt 2"))
        assert len(read.table.rows) == 12
        assert "1 result ended with an error and no output: it is left out." in read.notes


def test_an_assertion_that_wants_equality_is_the_true_label():
    def result(text, wanted, output):
        return {
            "vars": {"text": text, "name": wanted}, "provider": {"id": "m"}, "promptIdx": 0, "testIdx": 0,
            "prompt": {"raw": text, "label": "p"}, "response": {"output": output},
            "testCase": {"assert": [{"type": "latency", "value": 3}, {"type": "equals", "value": "{{name}}"}]},
        }  # fmt: skip

    read = reading("out.json", {"results": {"results": [result("hi", "a", "a"), result("ho", "b", "a")]}})
    assert rows(read) == [("hi", "a", "a"), ("ho", "b", "a")]
    assert read.found["label"] == "the assertion"


@pytest.mark.parametrize("name", ["expected", "expected_output", "expectedOutput", "label"])
def test_a_variable_that_is_called_like_the_true_label_is_it(name):
    """Red with a spelling that is found and then dropped."""
    results = [
        {
            "vars": {"text": text, name: wanted}, "provider": {"id": "m"}, "promptIdx": 0, "testIdx": at,
            "prompt": {"raw": text, "label": "p"}, "response": {"output": "a"},
        }
        for at, (text, wanted) in enumerate([("hi", "a"), ("ho", "b")])
    ]  # fmt: skip
    assert rows(reading("out.json", {"results": {"results": results}})) == [("hi", "a", "a"), ("ho", "b", "a")]


# --- LangSmith


def test_the_table_of_a_langsmith_experiment_is_read(store):
    read = read_predictions(data_in_memory(LANGSMITH.name, LANGSMITH.read_bytes()))
    assert read.found == {"text": "inputs.text", "label": "reference.label", "answer": "outputs.intent"}
    assert (len(read.table.rows), list(read.notes)) == (
        11,
        ["1 row ended with an error and no output: it is left out."],
    )
    assert rows(read)[0] == (
        "Bill for Oct is 40% up on Sept. Usage identical. Explain.",
        "bill_too_high",
        "bill_too_high",
    )


@pytest.mark.parametrize(
    "record",
    [
        {"inputs": {"question": "hi"}, "outputs": {"output": "a"}, "reference_outputs": {"label": "b"}},
        {"inputs": '{"question": "hi"}', "outputs": '{"output": "a"}', "reference_outputs": '{"label": "b"}'},
        {"inputs.question": "hi", "outputs.output": "a", "reference.label": "b"},
        {"run": {"outputs": {"output": "a"}}, "example": {"inputs": {"question": "hi"}, "outputs": {"label": "b"}}},
        {"id": "1", "inputs": {"question": "hi"}, "outputs": {"label": "b"}, "runs": [{"outputs": {"output": "a"}}]},
    ],
    ids=["objects", "JSON in cells", "a column a field", "runs with examples", "examples with runs"],
)
def test_each_documented_shape_of_langsmith_is_read(record):
    read = reading("runs.jsonl", [record])
    assert (read.format, rows(read)) == ("a LangSmith experiment", [("hi", "b", "a")])


# --- Langfuse


@pytest.mark.parametrize(
    "record",
    [
        {"id": "1", "input": "hi", "output": "a", "expectedOutput": "b"},
        {"input": {"text": "hi"}, "output": {"role": "assistant", "content": "a"}, "expected_output": {"label": "b"}},
        {"input": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}], "output": "a",
         "datasetItem": {"expectedOutput": "b"}},
        {"input": '{"text": "hi"}', "output": '{"output": "a"}', "metadata": '{"label": "b"}'},
    ],
    ids=["text", "objects", "messages", "JSON in cells"],
)  # fmt: skip
def test_each_documented_shape_of_langfuse_is_read(record):
    for name, content in (("x.jsonl", [record]), ("x.json", [record])):
        read = reading(name, content)
        assert (read.format, rows(read)) == ("a Langfuse export", [("hi", "b", "a")])


def test_records_of_langfuse_without_an_output_are_left_out_and_that_is_said():
    csv = "id,timestamp,input,output,expectedOutput\n1,2026,hi,a,b\n2,2026,ho,,c\n"
    read = reading("traces.csv", csv)
    assert rows(read) == [("hi", "b", "a")]
    assert list(read.notes) == ["1 record without an output: it is left out."]


# --- Hugging Face pipelines

TOP = [{"label": "a", "score": 0.75}, {"label": "b", "score": 0.25}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", {"text": ["hi", "ho"], "label": ["a", "b"], "output": [TOP, TOP]}),
        ("x.json", {"texts": ["hi", "ho"], "labels": ["a", "b"], "outputs": [TOP, TOP]}),
        ("x.json", [{"text": "hi", "label": "a", "output": TOP}, {"text": "ho", "label": "b", "output": TOP}]),
        ("x.jsonl", [{"text": "hi", "label": "a", "scores": TOP}, {"text": "ho", "label": "b", "scores": [TOP]}]),
    ],
)
def test_each_shape_of_a_pipelines_output_is_read(store, tmp_path, name, content):
    read = reading(name, content)
    assert rows(read) == [("hi", "a", "a"), ("ho", "b", "a")]
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, content)) if name.endswith("l") else json.dumps(content))
    scored = score_run(store, import_file(path, store).run_id)
    np.testing.assert_allclose(label_probabilities(scored).of_rows(np.arange(2)), [[0.75, 0.25]] * 2, atol=1e-7)


def test_the_best_label_alone_has_its_probability_alone(store):
    read = reading("x.json", [{"text": "hi", "label": "b", "output": {"label": "a", "score": 0.9}}])
    _, columns = read.numbers
    assert (list(columns), rows(read)) == (["probability:a"], [("hi", "b", "a")])


def test_ids_of_labels_are_named_by_the_label_list_or_are_the_true_labels_themselves():
    from evalcore.tasks import LabelList

    one = {"text": "hi", "label": "card", "output": {"label": "LABEL_1", "score": 0.9}}
    with pytest.raises(DataError, match=r"names no labels, only ids such as 'LABEL_1'.*at least 2 labels"):
        reading("x.json", [one])
    assert rows(reading("x.json", [one], labels=LabelList("l", ["cash", "card"], []))) == [("hi", "card", "card")]
    assert rows(reading("x.json", [{**one, "label": 1}])) == [("hi", "1", "1")]
    assert rows(reading("x.json", [{**one, "label": "LABEL_1"}])) == [("hi", "LABEL_1", "LABEL_1")]


@pytest.mark.parametrize("content", [[TOP, TOP], TOP])
def test_the_output_of_a_pipeline_alone_has_no_true_labels(content):
    with pytest.raises(DataError, match="without the true labels"):
        reading("x.json", content)


def test_lists_that_are_not_equally_long_are_refused():
    with pytest.raises(DataError, match="not equally long: 'text' has 1, 'label' has 2"):
        reading("x.json", {"text": ["hi"], "label": ["a", "b"], "output": [TOP]})


# --- all of them


def test_no_format_takes_a_file_of_another():
    expected = {
        WRITTEN: "lm-eval", CHOSEN: "lm-eval", INSPECT / "intents.json": "inspect", INSPECT / "intents.eval": "inspect",
        PROMPTFOO / "out.json": "promptfoo", PROMPTFOO / "out.jsonl": "promptfoo", PROMPTFOO / "out.csv": "promptfoo",
        LANGSMITH: "langsmith",
    }  # fmt: skip
    from evalcore.importing.source import Source

    for path, name in expected.items():
        source = Source(data_in_memory(path.name, path.read_bytes()))
        assert [one.name for one in FORMATS[:-1] if one.looks_like(source)] == [name], path


def test_a_format_can_be_asked_for_and_a_field_chosen():
    record = {"input": "hi", "output": "x", "expectedOutput": "b", "metadata": {"guess": "b"}}
    read = reading("x.jsonl", [record], format="langfuse", fields={"answer": "metadata.guess"})
    assert rows(read) == [("hi", "b", "b")]
    with pytest.raises(DataError, match="there is no column 'nope'"):
        reading("x.jsonl", [record], fields={"answer": "nope"})
    with pytest.raises(DataError, match="there is no format 'x'"):
        reading("x.jsonl", [record], format="x")


def test_a_role_is_in_doubt_only_where_it_matters_which_field_is_taken():
    record = {"input": {"text": "hi", "question": "hi"}, "output": "a", "expectedOutput": "b"}
    assert reading("x.jsonl", [record]).in_doubt == frozenset()
    other = {**record, "input": {"text": "hi", "question": "what?"}}
    read = reading("x.jsonl", [record, other])
    assert read.in_doubt == {"text"}
    assert read.fields["text"][:2] == ["input.text", "input.question"]


def test_what_looks_like_nothing_says_what_could_be_chosen():
    with pytest.raises(NoField) as caught:
        reading("x.jsonl", [{"input": {"a": "hi", "b": "ho"}, "output": {"x": 1, "y": 2}, "expectedOutput": "b"}])
    assert (caught.value.role, "output.x" in caught.value.fields["answer"]) == ("answer", True)


def test_a_json_array_of_our_own_columns_is_a_table(store):
    content = [{"text": "hi", "label": "a", "prediction": "b", "probabilities": {"a": 0.25, "b": 0.75}}]
    read = reading("x.json", content)
    assert rows(read) == [("hi", "a", "b")]
    assert {"probabilities:a", "probabilities:b"} <= set(read.numbers[1])
