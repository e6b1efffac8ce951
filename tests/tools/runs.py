"""Stored completions, and stored runs of given answers."""

from evalcore.analysis.scored_run import score_run
from evalcore.importing.predictions import import_data, import_table
from evalcore.tasks.data_file import Table, data_in_memory


def stored(store, gold, answers, *, texts=None, labels=None, name="rows.csv"):
    """Import finished answers; runs of the same texts and labels are on one sample."""
    texts = texts or [f"text {i}" for i in range(len(gold))]
    rows = [list(row) for row in zip(texts, gold, answers, strict=True)]
    table = Table(name, ["text", "label", "completion"], rows, list(range(2, len(rows) + 2)))
    return import_table(table, name, store, labels=list(labels) if labels else None)


def scored(store, gold, answers, scoring="lenient", **options):
    """The same, read."""
    return score_run(store, stored(store, gold, answers, **options).run_id, scoring)


def put(store, rows):
    """Store completions that belong to no run."""
    store.put_batch("no run", rows, 0.0)


def import_bytes(name, content, store):
    """Import a file of predictions whose content is in memory."""
    file = data_in_memory(name, content)
    return import_data(file, file.name, store)
