"""The predictions of a run as the bytes of a file, as `export` writes them."""

from evalcore.output.run_tables import predictions_table
from evalcore.output.table_writers import as_csv, as_json_lines, for_spreadsheets


def predictions_csv(scored, probabilities=None, *, all_labels=False):
    return b"".join(as_csv(predictions_table(scored, probabilities, all_labels=all_labels, lossless=False)))


def predictions_for_spreadsheets(scored, probabilities=None, *, all_labels=False):
    return b"".join(for_spreadsheets(predictions_table(scored, probabilities, all_labels=all_labels, lossless=False)))


def predictions_jsonl(scored, probabilities=None, *, all_labels=False):
    return b"".join(as_json_lines(predictions_table(scored, probabilities, all_labels=all_labels)))
