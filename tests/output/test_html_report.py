"""Runs, comparisons and sweeps as HTML files, read without a browser: figures, what is left out, size."""

import argparse
import base64
import gzip
import hashlib
import json
import re
import shlex
import sqlite3

import numpy as np
import pytest

from evalcore.analysis import (
    calibration,
    class_table,
    compare,
    compared_probabilities,
    gather,
    label_probabilities,
    overall_row,
    score_run,
    sweep_as_json,
    verdict,
    verdict_as_json,
)
from evalcore.cli import html_file
from evalcore.cli.main import main
from evalcore.cli.options import add_spec, add_task, spec_of, task_of
from evalcore.errors import SpecError, StoreError
from evalcore.metrics import METRICS, metric_values
from evalcore.output import findings_of, no_nan, report_as_json
from evalcore.output.command import command_of, python_of
from evalcore.output.html import TEXTS, comparison_report, run_report, sweep_report
from evalcore.output.html.page import GROUNDS
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks import TaskSource, custom_prompt
from evalcore.wording import UNDEFINED, figure, interval, percent, points
from tests.conftest import ROOT, Toy
from tests.test_plain_words import old_words
from tests.tools.browser import PAYLOADS
from tests.tools.generated import imported, labels_of
from tests.tools.html_report import Report
from tests.tools.probabilities import over_confident, with_probabilities
from tests.tools.runs import scored as scored_answers

SIZE_LIMIT = 6_000_000
TEMPLATES = sorted((ROOT / "evalcore" / "output" / "html" / "templates").glob("*.html"))
HOSTILE = (
    *PAYLOADS,
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "line\u2028paragraph\u2029end",
    "\u202eright to left",
    "javascript:alert(1)",
    "<a href='//x.y'>z</a><b>w</b>",  # tags that Plotly knows
    "{{ 7 * 7 }}{% raw %}",
    "\" onmouseover=alert(1) x='",
    "&lt;b&gt; &amp;",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("html") / "cache")


@pytest.fixture(scope="module")
def large(place):
    """A run of the size of Banking77's test split."""
    return score_run(place, imported(place, 77, 3080).run_id)


@pytest.fixture(scope="module")
def sure(place):
    """The same with the probability of every label."""
    return score_run(place, over_confident(place, 77, 3080).run_id)


@pytest.fixture(scope="module")
def pair(place):
    return compare(*(score_run(place, imported(place, 24, 600, seed=seed).run_id) for seed in (0, 1)))


def shown(share):
    return percent(share, undefined=UNDEFINED)


def between(bounds, **how):
    return interval(bounds, undefined=UNDEFINED, **how)


def test_the_figures_of_a_run_are_those_of_its_report_cell_by_cell(place, sure):
    file = Report(run_report(place, sure))
    probabilities = label_probabilities(sure)
    of = probabilities, calibration(probabilities)
    assert file.data["report"] == json.loads(
        json.dumps(no_nan(report_as_json(sure, findings_of(place, sure, lambda _: of), sure=of)))
    )

    values = metric_values(sure.scores, sure.per_class)
    head, *rows = file.tables["scores"]
    assert head == ["score", "value", "95 % interval", "what it is"]
    assert [row[:2] for row in rows] == [
        [m.title, shown(values[m.name]) if m.is_share else figure(values[m.name], m.decimals)] for m in METRICS
    ]
    assert rows[0][2] == interval(sure.intervals.accuracy)

    _, *rows, overall = file.tables["labels"]
    expected = [*class_table(sure).to_dict("records"), overall_row(sure).to_dict("records")[0]]
    assert len(rows) == 77
    for row, of_label in zip([*rows, overall], expected, strict=True):
        assert row[:2] == [of_label["label"], f"{of_label['support']:,}"]
        for at, score in ((2, "recall"), (4, "precision"), (6, "F1")):
            bounds = of_label[f"{score} low"] / 100, of_label[f"{score} high"] / 100
            assert row[at : at + 2] == [shown(of_label[score] / 100), between(bounds)]
        assert row[8:] == [of_label["taken for"], of_label["standing"]]

    found = of[1]
    _, *rows = file.tables["bins"]
    assert [row[1:3] for row in rows] == [
        [percent(mean), percent(right)]
        for mean, right in zip(found.bins.mean_confidence, found.bins.share_right, strict=True)
    ]


def test_each_confusion_of_the_report_is_a_row_and_opens_its_examples(place, large):
    file = Report(run_report(place, large))
    pairs = file.data["report"]["confusion_pairs"]
    _, *rows = file.tables["confusions-table"]
    assert [(row[0], row[1], row[2], row[5]) for row in rows] == [
        (one["true"], one["predicted"], f"{one['count']:,}", f"{one['reverse']:,}") for one in pairs[: len(rows)]
    ]
    held = file.examples()
    for one in pairs[:20]:
        true, predicted = (large.labels.index(one[name]) for name in ("true", "predicted"))
        assert f"true={true}&predicted={predicted}" in file.opens
        assert sum(e["true"] == one["true"] and e["predicted"] == one["predicted"] for e in held) == one["count"]


def test_the_examples_are_those_of_the_run(place, large):
    held = Report(run_report(place, large)).examples()
    for answer, row in zip(large.answers, held, strict=True):
        assert row["number"] == answer.position + 1
        assert (row["text"], row["true"], row["predicted"]) == (
            answer.example.text,
            answer.example.label,
            answer.predicted,
        )
        assert (row["outcome"], row["match"], row["completion"]) == (
            answer.outcome,
            answer.parsed.match,
            answer.completion.text,
        )


def test_the_heat_map_holds_the_counts_of_the_matrix(place, large):
    views = Report(run_report(place, large)).data["maps"]["views"]
    assert list(views) == ["worst 20", "all 77 labels"]
    for shape in views.values():
        total = 0
        for x, y, words in zip(shape["x"], shape["y"], shape["words"], strict=True):
            rows, columns = shape["row_codes"][y], shape["column_codes"][x]
            count = int(large.confusion[np.ix_(rows, columns)].sum())
            support = int(large.confusion[rows].sum())
            assert words.startswith(f"{count:,} of {support:,} ({percent(count / support)} of the actual label")
            total += count
        assert total == large.scores.n


def test_the_figures_of_a_comparison_are_those_of_compare_cell_by_cell(pair):
    file = Report(comparison_report(pair))
    probabilities = compared_probabilities(pair)
    assert file.data["report"] == json.loads(json.dumps(no_nan(verdict_as_json(pair, probabilities))))
    assert verdict(pair).sentence in file.words

    _, *rows = file.tables["metrics"]
    for row, of_metric in zip(rows, pair.metrics, strict=True):
        assert row[0] == of_metric.title
        if of_metric.metric.is_share:
            assert row[1:3] == [shown(of_metric.a), shown(of_metric.b)]
    assert rows[0][3:5] == [points(pair.counts.difference), interval(pair.interval, signed=True)]

    classes, places = pair.classes, {label: code for code, label in enumerate(pair.labels)}
    _, *rows = file.tables["labels"]
    assert len(rows) == 24
    for row in rows:
        code = places[row[0]]
        assert row[1] == str(classes.support[code])
        assert row[2:4] == [shown(classes.f1_a[code]), shown(classes.f1_b[code])]
        assert row[5] == between(classes.f1_difference_interval[code], signed=True)
        assert row[6:8] == [shown(classes.recall_a[code]), shown(classes.recall_b[code])]

    _, *rows = file.tables["confusions-table"]
    assert [tuple(map(int, row[2:4])) for row in rows] == [(one.a, one.b) for one in pair.confusions[: len(rows)]]


def test_the_examples_of_a_comparison_have_both_answers_and_their_group(pair):
    held = Report(comparison_report(pair)).examples()
    names = [*pair.labels, None]
    assert [(row["true"], row["a"], row["b"]) for row in held] == [
        (names[true], names[a], names[b]) for true, a, b in zip(pair.y_true, pair.y_a, pair.y_b, strict=True)
    ]
    right = [(row["a"] == row["true"], row["b"] == row["true"]) for row in held]
    groups = {(False, True): {"fixed"}, (True, False): {"broken"}, (True, True): {"both right"}}
    both_wrong = {"both wrong, alike", "both wrong, differently", "both unparsed"}
    assert all(row["group"] in groups.get(of, both_wrong) for row, of in zip(held, right, strict=True))
    assert {*right} == {(False, False), *groups}


def test_the_difference_of_two_matrices_is_b_less_a(pair):
    shape = Report(comparison_report(pair)).data["maps"]["views"]["B − A"]
    difference = pair.confusion_b - pair.confusion_a
    assert len(shape["x"]) == np.count_nonzero(difference)
    for x, y, words in zip(shape["x"], shape["y"], shape["words"], strict=True):
        row, column = shape["row_codes"][y][0], shape["column_codes"][x][0]
        assert words.startswith(f"A {pair.confusion_a[row, column]}, B {pair.confusion_b[row, column]} of ")


def test_the_figures_of_a_sweep_are_those_of_the_command(place):
    answers = [["red", "blue", "red", ""], ["red", "red", "red", ""], ["blue", "blue", "red", ""]]
    runs = [scored_answers(place, ["red", "blue", "blue", "red"], of, labels=["red", "blue"]) for of in answers]
    sweep = gather(runs)
    file = Report(sweep_report(sweep))
    assert file.data["report"] == json.loads(json.dumps(no_nan(sweep_as_json(sweep))))
    _, *rows = file.tables["runs"]
    assert [row[1] for row in rows] == [percent(run.scores.accuracy) for run in runs]
    assert [row["times"] for row in file.examples()] == sweep.times_right.tolist()
    # Each example is of one group; what a count opens is as many as it says.
    assert [row["group"] for row in file.examples()] == [
        "right in some", "right in some", "wrong alike", "unparsed in all"
    ]  # fmt: skip


def test_77_labels_and_3080_examples_take_less_than_6_mb(place, large, sure):
    for scored in (large, sure):
        content = run_report(place, scored)
        assert len(content) < SIZE_LIMIT * 0.75, "with room for longer texts"
        assert len(Report(content).data["examples"]["ids"]) == 3080


def test_the_same_run_gives_the_same_bytes(place, large, pair):
    assert run_report(place, large) == run_report(place, score_run(place, large.record.run_id))
    assert comparison_report(pair) == comparison_report(compare(pair.a, pair.b))


def test_of_very_many_examples_those_that_matter_are_kept_and_it_is_said(place):
    gold, answers = ["a"] * 6000, ["a"] * 5700 + ["b"] * 300
    scored = scored_answers(place, gold, answers, labels=["a", "b"])
    file = Report(run_report(place, scored))
    held = file.examples()
    assert len(held) == 5000
    assert sum(row["outcome"] == "wrong" for row in held) == 300
    assert "This file holds 5,000 of 6,000 examples: 300 of 300 wrong or unparsed, 4,700 of 5,700 right" in file.words
    assert file.data["report"]["correct"] == 5700
    places = {row["number"] - 1 for row in held}
    assert all(set(finding["positions"]) <= places for finding in file.data["report"]["findings"])


def test_long_texts_are_cut_and_it_is_said(place):
    texts = [f"{at} " + "x" * 20_000 for at in range(400)]
    scored = scored_answers(place, ["a", "b"] * 200, ["a"] * 400, texts=texts)
    content = run_report(place, scored)
    file = Report(content)
    assert len(content) < SIZE_LIMIT
    assert file.examples()[7]["text"].endswith("… (20,002 characters)")
    assert "Texts and completions of more than 4,000 characters are cut." in file.words


SECRETS = [f"my secret is number {at} of those" for at in range(40)]
TRAINED = ("a train text that is secret", "another secret one of these")
SPOKEN = [f"I have read “{text}” and say red" for text in SECRETS]


@pytest.fixture
def secretive(store, colours):
    """Two runs whose texts, completions and own prompt are nobody's business, with findings that rest on them."""
    rows = "".join(f"{text},{'red' if at % 3 else 'blue'}\n" for at, text in enumerate(SECRETS))
    (colours / "test.csv").write_text(f"text,label\n{rows}{SECRETS[0]},red\n")
    (colours / "train.csv").write_text(f"text,label\n{TRAINED[0]},red\n{TRAINED[1]},blue\n")
    store.save_prompt(custom_prompt("own", f"As in “{SECRETS[3]}”. Labels: {{labels}}", "{text}"))
    loader = lambda handle, on_phase: Toy(handle.identity, dict(zip(SECRETS, SPOKEN, strict=True)))  # noqa: E731
    specs = [RunSpec(TaskSource(str(colours)), prompt=prompt, n=100) for prompt in ("own", "few-shot:1")]
    return store, [score_run(store, execute(spec, store, loader=loader).record.run_id) for spec in specs]


def all_reports(store, runs, texts):
    """Of a run, a comparison and a sweep."""
    yield run_report(store, runs[0], texts=texts)
    yield run_report(store, runs[1], texts=texts)
    yield comparison_report(compare(*runs), texts=texts)
    yield sweep_report(gather(runs), texts=texts)


@pytest.mark.parametrize("texts", ["left out", "hashed"])
def test_no_text_no_completion_and_no_own_prompt_is_in_a_file_without_texts(secretive, texts):
    store, runs = secretive
    for content in all_reports(store, runs, texts):
        read = json.dumps(Report(content).data, ensure_ascii=False) + Report(content).words
        for secret in ("secret", "I have read", *SECRETS, *SPOKEN, *TRAINED):
            assert secret.encode() not in content
            assert secret not in read
        assert "On request" in read
    # The same words are there in a file with texts: the search can find them.
    shown = [content for content in all_reports(store, runs, "shown") if SECRETS[5].encode() in content]
    assert len(shown) == 4
    assert f"As in “{SECRETS[3]}”" in Report(run_report(store, runs[0])).words


def test_a_hash_is_the_start_of_the_sha_256_of_a_text(secretive):
    store, runs = secretive
    held = Report(run_report(store, runs[0], texts="hashed")).examples()
    for answer, row in zip(runs[0].answers, held, strict=True):
        assert row["text"] == hashlib.sha256(answer.example.text.encode()).hexdigest()[:16]
        assert row["completion"] == hashlib.sha256(answer.completion.text.encode()).hexdigest()[:16]


def test_how_texts_are_treated_is_one_of_three_ways(place, large):
    assert list(html_file.CHOICES.values()) == list(TEXTS)
    with pytest.raises(SpecError, match="texts cannot be 'hidden'"):
        run_report(place, large, texts="hidden")


def test_hostile_labels_and_texts_are_words_and_stay_what_they_are(place):
    labels = [f"{at} {payload}" for at, payload in enumerate(HOSTILE)]
    gold, answers = labels * 3, labels * 2 + labels[1:] + labels[:1]
    texts = [f"{payload} {at}" for at, payload in enumerate(HOSTILE * 3)]
    other = scored_answers(place, gold, gold, texts=texts, labels=labels)
    scored = scored_answers(place, gold, answers, texts=texts, labels=labels)
    for content in (
        run_report(place, scored),
        comparison_report(compare(scored, other)),
        sweep_report(gather([scored, other])),
    ):
        file = Report(content)
        assert not file.tags & {"img", "iframe", "object", "embed", "form", "base", "link", "b", "x"}
        assert len(file.scripts) == 1
        rows = file.examples()
        assert [row["text"] for row in rows] == texts
        assert [row["true"] for row in rows] == gold
        assert all(file.allows("script-src", script) for script in file.scripts)
        held = file.words if file.tables.get("labels") else json.dumps(file.data, ensure_ascii=False)
        unseen = [label for label in labels if label not in held and json.dumps(label)[1:-1] not in held]
        assert not unseen


def test_the_policy_lets_run_what_the_file_brings_and_nothing_else(place, large):
    file = Report(run_report(place, large))
    assert len(file.scripts) == 1
    assert all(file.allows("script-src", script) for script in file.scripts)
    assert all(file.allows("style-src-elem", style) for style in file.styles)
    assert not file.allows("script-src", file.scripts[0] + " ")
    packed = file.content.split(b'id="library">')[1].split(b"<")[0]
    assert file.allows("script-src", gzip.decompress(base64.b64decode(packed)).decode())
    assert base64.b64decode(packed)[4:8] == bytes(4), "the time when it was packed is no part of it"
    assert "default-src 'none'" in file.policy
    scripts = file.policy.split("script-src ")[1].split(";")[0].split()
    assert len(scripts) == 2
    assert all(source.startswith("'sha256-") for source in scripts)
    assert b"http://" not in file.content.replace(b"http://www.w3.org", b"").split(b'id="library"')[0]
    assert b"https://" not in file.content.split(b'id="library"')[0]


def test_the_grounds_are_those_of_the_app():
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    for name, colours in GROUNDS.items():
        theme = config.split(f"[theme.{name}]")[1].split("[")[0]
        assert f'backgroundColor = "{colours["page"]}"' in theme
        assert f'secondaryBackgroundColor = "{colours["panel"]}"' in theme
        assert f'grayTextColor = "{colours["muted"]}"' in theme
        assert colours["link"] in theme


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_templates_use_no_replaced_word(path):
    assert old_words(re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", " ", path.read_text())) == []


def odd_runs(store):
    """Runs that have nothing to say of something, by what it is."""
    yield "without texts", scored_answers(store, ["a", "b"] * 9, ["a"] * 18, texts=[""] * 18)
    yield "all unparsed", scored_answers(store, ["a", "b", "a"], ["?", "", "!"])
    yield "one example", scored_answers(store, ["a"], ["a"], labels=["a", "b"])
    yield "one label right", scored_answers(store, ["a", "b", "c"] * 4, ["c", "a", "c"] * 4)
    yield "all right", scored_answers(store, ["a", "b"] * 20, ["a", "b"] * 20)
    yield "two labels", with_probabilities(store, ["a", "b"], ["a", "b"] * 30, np.full((60, 2), 0.5))
    yield "150 labels", score_run(store, imported(store, 150, 300).run_id)
    yield "absent labels", scored_answers(store, ["a"] * 12, ["b"] * 12, labels=[*labels_of(40), "a", "b"])


def test_a_run_with_little_to_say_says_so(store):
    for name, scored in odd_runs(store):
        file = Report(run_report(store, scored))
        assert len(file.examples()) == scored.scores.n, name
        assert not {"nan", "NaN", "inf", "-inf"} & set(file.words.replace("(", " ").split()), name
        assert file.data["report"]["correct"] == scored.scores.correct
        assert "What this run hides" in file.words
        said = {
            "without texts": "This run was imported without texts.",
            "all unparsed": "3 unparsed answers",
            "all right": "No label was predicted for another.",
            "two labels": "How sure the model is",
            "absent labels": "41 labels absent",
            "150 labels": "all 150 labels",
        }.get(name, "no baseline was run on the same examples")
        assert said in file.words or said in file.data["maps"]["views"], name


def test_nothing_predicted_is_a_sentence_and_the_run_card(store, colours):
    loader = lambda handle, on_phase: Toy(handle.identity, {})  # noqa: E731
    spec = RunSpec(TaskSource(str(colours)), n=20)
    run = execute(spec, store, loader=loader, on_progress=lambda progress: progress.phase != "predicting").record
    scored = score_run(store, run.run_id)
    assert not len(scored.answers)
    file = Report(run_report(store, scored))
    assert "Nothing of this run is predicted yet." in file.words
    assert run.sample_id in file.words
    assert "examples" not in file.tables


def test_a_run_whose_completions_are_gone_is_an_error_that_says_so(store):
    scored = scored_answers(store, ["a", "b"] * 9, ["a"] * 18)
    with sqlite3.connect(store.path) as database:
        database.execute("DELETE FROM completions")
    with pytest.raises(StoreError, match="gone or damaged"):
        run_report(store, scored)


def test_the_verdict_names_the_best_baseline_and_what_is_hidden(store, colours):
    spec = RunSpec(TaskSource(str(colours)), n=40)
    loader = lambda handle, on_phase: Toy(handle.identity, {})  # noqa: E731
    run = execute(spec, store, loader=loader).record
    for model in ("majority", "tfidf"):
        execute(RunSpec(TaskSource(str(colours)), model, n=40), store)
    scored = score_run(store, run.run_id)
    file = Report(run_report(store, scored))
    tfidf = next(r for r in store.runs_on_sample(run.sample_id) if r.spec.model == "tfidf")
    paired = compare(score_run(store, tfidf.run_id), scored)
    less = figure(-100 * paired.counts.difference, 1)
    assert f"Accuracy 40.0 % (26.3 to 55.4): {less} points less than the baseline tfidf (" in file.words
    assert "100.0 % of the answers are one label" in file.words.split("Main figures")[0]
    rows = {row[0]: row for row in file.tables["baselines-table"]}
    assert rows["tfidf"][3:7] == [
        points(paired.counts.difference),
        interval(paired.interval, signed=True),
        str(paired.counts.fixed),
        str(paired.counts.broken),
    ]


SPECS = (
    RunSpec(),
    RunSpec(
        TaskSource("a folder/it's", label_column="the label", train="t.csv"), "some/model", "few-shot:3", 77, "first"
    ),
    RunSpec(model="http://host:1/v1#m", seed=-3, decoding="choose", max_new_tokens=5, dtype="float16", device="cpu"),
)


@pytest.mark.parametrize("spec", SPECS)
def test_the_command_and_the_python_ask_for_the_same_run(spec, monkeypatch):
    parser = argparse.ArgumentParser()
    add_task(parser)
    add_spec(parser)
    parser.add_argument("--prompt", default=RunSpec.prompt)
    options = parser.parse_args(shlex.split(command_of(spec))[4:])
    assert spec_of(options, task_of(options), prompt=options.prompt) == spec

    import evalcore

    asked = []
    monkeypatch.setattr(
        "evalcore.running.execute", lambda spec, store: asked.append(spec) or argparse.Namespace(record=0)
    )
    monkeypatch.setattr("evalcore.score", lambda run, **how: None)
    monkeypatch.setattr("evalcore.report", lambda scored: "")
    exec(python_of(spec, "strict"), {"evalcore": evalcore})
    assert asked == [spec]


def test_an_imported_run_names_the_hash_of_its_file(place, large):
    words = Report(run_report(place, large)).words
    assert f"SHA-256 of texts, labels and answers: {large.record.identity['content']}" in words
    assert f"python -m evalcore report {large.record.run_id}" in words
    assert "model, prompt and settings are not on record" in words


def test_the_command_line_writes_the_same_bytes(place, pair, tmp_path, capsys):
    cache = ["--cache", str(place.folder)]
    a, b = pair.a.record.run_id, pair.b.record.run_id
    c = imported(place, 24, 600, seed=2).run_id
    file = tmp_path / "new folder" / "report.html"

    def written(*arguments):
        assert main([*arguments, *cache, "--html", str(file)]) == 0
        assert "report.html (" in capsys.readouterr().err
        return file.read_bytes()

    assert written("report", b) == run_report(place, pair.b)
    assert written("report", b, "--texts", "left-out") == run_report(place, pair.b, texts="left out")
    strict = score_run(place, b, "strict")
    assert written("report", b, "--scoring", "strict") == run_report(place, strict)
    assert written("compare", a, b, "--texts", "hashed") == comparison_report(pair, texts="hashed")
    three = gather([score_run(place, run) for run in (a, b, c)])
    assert written("compare", a, b, c) == sweep_report(three)
    assert main(["report", b, *cache, "--texts", "hashed"]) == 1
    assert "Give --html FILE as well." in capsys.readouterr().err
    assert main(["report", b, *cache, "--html", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
