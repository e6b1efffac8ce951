"""The scripts beside docs/scaling.md: what they draw, compute and print."""

import csv
import json
import random
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise

import numpy as np
import pytest

from evalcore.store import Store
from tests.conftest import ROOT
from tests.tools.command_line import evalcore


def script(name):
    spec = spec_from_file_location(f"docs_{name}", ROOT / "docs" / "scaling" / f"{name}.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for its module
    spec.loader.exec_module(module)
    return module


big, times = script("sample_of_a_big_run"), script("times")


def test_each_row_is_drawn_equally_often_and_equal_seeds_draw_equal_rows():
    drawn = np.zeros(12)
    for seed in range(6000):
        rows, count = big.draw(range(12), 4, seed)
        assert (len(set(rows)), count, rows) == (4, 12, sorted(rows))
        drawn[rows] += 1
    assert np.abs(drawn / 6000 - 4 / 12).max() < 4 * np.sqrt(1 / 3 * 2 / 3 / 6000)
    assert big.draw(range(100), 10, 7) == big.draw(range(100), 10, 7) != big.draw(range(100), 10, 8)
    assert big.draw(range(3), 10, 0) == ([0, 1, 2], 3)
    assert big.draw([], 10, 0) == ([], 0)


@pytest.mark.parametrize("population", [250, 1000, 1_000_000])
@pytest.mark.parametrize("share", [0.6, 0.9, 0.97])
def test_the_interval_holds_in_95_of_100_draws_without_replacement(population, share):
    right, n = round(population * share), 200
    found = np.random.default_rng(1).hypergeometric(right, population - right, n, size=4000)
    bounds = {k: big.share_of_all(int(k), n, population) for k in np.unique(found)}
    held = np.mean([bounds[k][0] <= right / population <= bounds[k][1] for k in found])
    assert 0.93 < held < 0.99


def test_a_sample_that_is_a_large_part_knows_more_and_the_whole_knows_all():
    widths = [np.diff(big.share_of_all(160, 200, population))[0] for population in (10**7, 1000, 250, 201, 200)]
    assert all(wider > narrower for wider, narrower in pairwise(widths))
    assert widths[0] == pytest.approx(0.1105, abs=5e-4)
    assert widths[-1] == 0


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_from_a_big_file_to_the_interval_of_all_of_its_rows(tmp_path, kind, capsys):
    chance = random.Random(0)
    truth = {}
    rows = []
    for number in range(5000):
        text, label = f'text, "{number}"\nsecond line', chance.choice(["up", "down"])
        truth[text] = label
        rows.append({"id": number, "body": text, "answer": label if chance.random() < 0.8 else "up"})
    path = tmp_path / f"big.{kind}"
    if kind == "csv":
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    names = ("--text-column", "body", "--completion-column", "answer")
    assert big.main(["draw", str(path), "--n", "300", "--to", str(tmp_path / "sample"), *names]) == 0
    assert "300 of 5,000 rows" in capsys.readouterr().out
    sample = tmp_path / "sample" / "test.csv"
    with sample.open(newline="") as stream:
        drawn = list(csv.DictReader(stream))
    assert {row["label"] for row in drawn} == {""}
    with sample.open("w", newline="") as stream:  # what a person does
        writer = csv.DictWriter(stream, drawn[0])
        writer.writeheader()
        writer.writerows([{**row, "label": truth[row["text"]]} for row in drawn])
    labelled = sample.read_bytes()
    assert big.main(["draw", str(path), "--n", "300", "--to", str(tmp_path / "sample"), *names]) == 1
    assert "a sample is there already" in capsys.readouterr().err
    assert sample.read_bytes() == labelled
    run = json.loads(evalcore("import", sample, "--json", cache=tmp_path / "cache").stdout)["run_id"]
    of = ("--of", str(tmp_path / "sample"), "--cache", str(tmp_path / "cache"))
    assert big.main(["carry", run, *of]) == 0
    right = sum(truth[row["text"]] == row["completion"] for row in drawn)
    low, high = big.share_of_all(right, 300, 5000)
    printed = capsys.readouterr().out
    assert f"{right:,} of 300 right" in printed
    assert f"{low:.1%} to {high:.1%} right" in printed
    assert f"{low * 5000:,.0f} to {high * 5000:,.0f} of 5,000 rows" in printed
    (tmp_path / "sample" / "rows.json").write_text(json.dumps({"n": 301, "rows": 5000}))
    assert big.main(["carry", run, *of]) == 1
    assert "the run has 300 examples, and the sample that was drawn has 301" in capsys.readouterr().err


def test_a_file_that_cannot_be_drawn_from_is_said_in_a_sentence(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text('{"body": "x"}\n')
    (tmp_path / "b.jsonl").write_text("{\n")
    (tmp_path / "c.jsonl").write_text("17\n")
    for name, sentence in (
        ("a.jsonl", "there is no column 'text'"),
        ("b.jsonl", "cannot be read"),
        ("c.jsonl", "cannot be read"),
        ("none.csv", "cannot be read"),
        ("a.xlsx", "it is no CSV"),
    ):
        assert big.main(["draw", str(tmp_path / name), "--to", str(tmp_path / "sample")]) == 1
        assert sentence in capsys.readouterr().err
    assert big.main(["carry", "nothing", "--of", str(tmp_path), "--cache", str(tmp_path / "c")]) == 1
    assert "rows.json cannot be read" in capsys.readouterr().err
    assert Store(tmp_path / "c").read_only is False


def test_the_table_of_times_in_the_documentation_is_what_the_script_computes():
    assert times.table() in (ROOT / "docs" / "scaling.md").read_text()


def test_the_model_of_time_by_hand():
    found = times.estimate(100_000, 7e9, 8)
    assert found.workers == 8
    assert found.load_s == pytest.approx(30 + 2 * 14)
    assert found.predict_s == pytest.approx(100_000 * 48 * 2 * 7e9 / (8 * 989e12 * 0.3))
    assert times.estimate(1, 70e9, 1).workers == 0
    spread = times.estimate(1000, 70e9, 8)
    assert spread.workers == 2
    assert spread.predict_s == pytest.approx(1000 * 48 * 2 * 70e9 / (2 * 989e12 * 0.3))
    assert [times.in_words(seconds) for seconds in (5.26, 45, 100, 3 * 3600)] == ["5.3 s", "45 s", "1.7 min", "3.0 h"]
