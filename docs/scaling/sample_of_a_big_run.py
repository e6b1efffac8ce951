"""A run of millions of rows, judged by a sample of it: draw one, label it, score it, carry the interval to the whole.

    python docs/scaling/sample_of_a_big_run.py draw big.jsonl --n 2000 --seed 0 --to sample
    ... fill the column `label` of sample/test.csv ...
    python -m evalcore import sample/test.csv              # the big run's own answers, in a column `completion`; or
    python -m evalcore run --task sample/test.csv --n 2000 --model ...                       # texts without answers
    python docs/scaling/sample_of_a_big_run.py carry RUN --of sample

`draw` reads a CSV, JSON Lines or Parquet file row by row and keeps n rows, each of the file's rows equally likely, in
memory for n rows alone. `carry` takes the run of that sample from the cache, and says how many of all rows are right,
with a 95 % interval: Wilson's, narrower by what a sample knows that is a noticeable part of the whole.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the project's folder, wherever this is started

from evalcore.analysis import score_run
from evalcore.errors import BlindspotError, DataError
from evalcore.metrics.intervals import wilson_interval
from evalcore.store import DEFAULT_CACHE, Store

POPULATION = "rows.json"
"""Beside the sample: of how many rows it is one."""
COLUMNS = ("text", "label", "completion")
csv.field_size_limit(2**31 - 1)


def draw(rows: Iterable[Any], n: int, seed: int) -> tuple[list[Any], int]:
    """A simple random sample without replacement, in one pass, and the number of rows (Vitter 1985, algorithm R).

    Args:
        rows: read once.
        n: rows to keep; all of them if there are fewer.
        seed: equal seeds draw equal rows of equal files.
    """
    chance = random.Random(seed)
    kept: list[tuple[int, Any]] = []
    count = 0
    for count, row in enumerate(rows, start=1):
        if len(kept) < n:
            kept.append((count, row))
        elif (place := chance.randrange(count)) < n:
            kept[place] = (count, row)
    return [row for _, row in sorted(kept, key=lambda each: each[0])], count


def share_of_all(right: int, n: int, population: int, confidence: float = 0.95) -> tuple[float, float]:
    """An interval of the share of right rows among all of which `n` are a simple random sample.

    Wilson's, for as many rows as would give a share the variance that it has in a draw without replacement:
    n (N - 1) / (N - n). In a small part of a large whole that is n; of a sample that is the whole, nothing is unknown.
    """
    if n >= population:
        return right / n, right / n
    worth = n * (population - 1) / (population - n)
    return wilson_interval(right / n * worth, worth, confidence)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a CSV, JSON Lines or Parquet file, one after another."""
    kind = path.suffix.lower()
    if kind == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as stream:
            yield from csv.DictReader(stream)
    elif kind == ".parquet":
        import pyarrow.parquet as parquet

        for batch in parquet.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    elif kind in (".jsonl", ".ndjson"):
        with path.open(encoding="utf-8") as stream:
            yield from (dict(json.loads(line)) for line in stream if line.strip())
    else:
        raise DataError("it is no CSV, JSON Lines or Parquet file.", where=str(path))


def write_sample(options: argparse.Namespace) -> None:
    """Draw the sample, and write it as a task with a column for the labels."""
    names = {"text": options.text_column, "label": options.label_column, "completion": options.completion_column}
    try:
        sample, count = draw(rows_of(options.file), options.n, options.seed)
    except (OSError, TypeError, ValueError) as error:
        raise DataError(f"the file cannot be read ({error}).", where=str(options.file)) from error
    if not sample or options.text_column not in sample[0]:
        has = ", ".join(sample[0]) if sample else "no rows"
        raise DataError(
            f"there is no column {options.text_column!r}.", where=str(options.file), do=f"--text-column: it has {has}."
        )
    columns = [column for column in COLUMNS if column == "label" or names[column] in sample[0]]
    try:
        options.to.mkdir(parents=True, exist_ok=True)
        with (options.to / "test.csv").open("x", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows([[row.get(names[column], "") for column in columns] for row in sample])
    except FileExistsError:  # a person may have filled its labels
        do = "Name another folder with --to, or move it away."
        raise DataError("a sample is there already.", where=str(options.to), do=do) from None
    drawn = {"file": options.file.name, "rows": count, "n": len(sample), "seed": options.seed}
    (options.to / POPULATION).write_text(json.dumps(drawn, indent=1))
    print(f"{len(sample):,} of {count:,} rows are in {options.to / 'test.csv'}")
    if "label" in columns and names["label"] not in sample[0]:
        print("Fill its column `label`, then score it: `import` where it has answers, `run` where it has none.")


def carry(options: argparse.Namespace) -> None:
    """Say what the score of the sample means for all rows."""
    try:
        drawn = json.loads((options.of / POPULATION).read_text())
        n, population = int(drawn["n"]), int(drawn["rows"])
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"the sample's {POPULATION} cannot be read ({error}).", where=str(options.of)) from error
    scores = score_run(Store(options.cache), options.run).scores
    if scores.n != n:
        raise DataError(
            f"the run has {scores.n:,} examples, and the sample that was drawn has {n:,}.",
            where=options.run,
            do=f"Label and score all of it (run --n {n}): a part that was chosen is no random sample.",
        )
    low, high = share_of_all(scores.correct, n, population)
    print(f"sample     {scores.correct:,} of {n:,} right: {scores.correct / n:.1%}")
    print(f"all rows   {low:.1%} to {high:.1%} right, with 95 % confidence")
    print(f"           {low * population:,.0f} to {high * population:,.0f} of {population:,} rows")


def main(words: list[str] | None = None) -> int:
    """Run the command that was given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    drawing = commands.add_parser("draw", help="draw a random sample of a big file")
    drawing.add_argument("file", type=Path)
    drawing.add_argument("--n", type=int, default=2000)
    drawing.add_argument("--seed", type=int, default=0)
    drawing.add_argument("--to", type=Path, required=True, help="a folder for the sample")
    for name in COLUMNS:
        drawing.add_argument(f"--{name}-column", default=name)
    drawing.set_defaults(command=write_sample)
    carrying = commands.add_parser("carry", help="say what the sample's score means for all rows")
    carrying.add_argument("run")
    carrying.add_argument("--of", type=Path, required=True, help="the folder of the sample")
    carrying.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    carrying.set_defaults(command=carry)
    options = parser.parse_args(words)
    try:
        options.command(options)
    except BlindspotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
