"""A folder that `export` wrote -> the run again, as finished predictions with the same labels and probabilities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evalcore.errors import DataError, quoted
from evalcore.importing.predictions import import_data
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.tasks import DataFile, open_data_file
from evalcore.tasks.json_lines import parse_json
from evalcore.tasks.table import MAX_BYTES, Choose, Header, Table, every_column, too_many_bytes

RUN_FORMAT, RUN_VERSION = "blindspot-run", 1
"""What `run.json` says that it is. A change that older readers would misunderstand makes a new version."""
RUN_FILE, PREDICTIONS_FILE = "run.json", "predictions.jsonl"


def import_export(folder: Path, store: Store) -> RunRecord:
    """Store a run that `export` wrote, as finished predictions with the labels of `run.json`.

    Its scores are the same. It is another run: no model is known of predictions from a file, so that it is not
    continued, and findings about the prompt are not made. (A bundle takes a run along with all that is stored of it.)

    Raises:
        DataError: if a file is missing or cannot be read exactly, or is of a newer version. Nothing is stored then.
    """
    labels, numbered = _labels_and_listing(folder / RUN_FILE)
    with open_data_file(folder / PREDICTIONS_FILE) as file:
        read = _ByLabel(file.name, file.content) if numbered else file
        return import_data(read, str(folder), store, labels=labels)


class _ByLabel(DataFile):
    """A file of predictions whose completions are numbers of a list in the prompt: the labels that were read from them
    stand in the column `predicted`, and are its answers."""

    def table(self, choose: Choose = every_column) -> Table:
        """See `DataFile.table`."""

        def choose_predicted(found: Header) -> list[str]:
            shown = [_renamed(column) for column in found.columns if column != "completion"]
            return [
                "predicted" if column == "prediction" else column for column in choose(replace(found, columns=shown))
            ]

        table = super().table(choose_predicted)
        return replace(table, columns=[_renamed(column) for column in table.columns])


def _renamed(column: str) -> str:
    return "prediction" if column == "predicted" else column


def _labels_and_listing(file: Path) -> tuple[list[str], bool]:
    """The labels of an exported run, in the task's order, and whether its prompt numbers them.

    Raises:
        DataError: see `import_export`.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise too_many_bytes(str(file))
        content = parse_json(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"an exported run cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'}).",
            where=str(file),
            do=f"Name a folder with the files {RUN_FILE} and {PREDICTIONS_FILE}, as `export` writes them.",
        ) from error
    if not isinstance(content, dict) or content.get("format") != RUN_FORMAT:
        raise DataError(
            "it is no exported run.", where=str(file), do="Export the run again: older versions wrote no format."
        )
    version = str(content.get("version"))
    if version != str(RUN_VERSION):
        raise DataError(
            f"its version is {quoted(version)}, and this program reads {RUN_VERSION}.",
            where=str(file),
            do="Take a newer version of the program, or import predictions.jsonl alone.",
        )
    run = content.get("run")
    run = run if isinstance(run, dict) else {}
    labels, prompt = run.get("labels"), run.get("prompt")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels) or not labels:
        raise DataError("it has no list of labels.", where=str(file), do="Export the run again.")
    return labels, isinstance(prompt, dict) and prompt.get("listing") == "numbered"
