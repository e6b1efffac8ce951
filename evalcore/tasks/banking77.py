"""Banking77: from a local folder, or from the Hugging Face hub at a pinned revision."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from evalcore.errors import DataError, first_line
from evalcore.tasks.task import Example, Task, make_task

BANKING77_REPO = "legacy-datasets/banking77"
BANKING77_REVISION = "f54121560de48f2852f90be299010d1d6dc612ec"
BANKING77_TEXT, BANKING77_LABEL = "text", "label"


def local_banking77() -> Path | None:
    root = os.environ.get("BLINDSPOT_DATA")
    if not root:
        return None
    for folder in (Path(root) / "banking77", Path(root)):
        if (folder / "test.csv").is_file():
            return folder
    raise DataError(
        "BLINDSPOT_DATA names a folder without Banking77's test.csv.",
        where=root,
        do="Point it at the folder that holds test.csv and train.csv, or unset it to load from the hub.",
    )


@lru_cache(maxsize=1)
def load_banking77_from_hub() -> Task:
    """Banking77 from the hub, at a pinned revision; from the local cache when the hub cannot be reached."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    datasets.disable_progress_bars()
    try:
        splits = datasets.load_dataset(BANKING77_REPO, revision=BANKING77_REVISION)
    except (OSError, HfHubHTTPError, datasets.exceptions.DatasetsError, ValueError) as error:
        # datasets has no error of its own for "unreachable": a failed connection, a missing repository and a broken
        # download are raised as these.
        raise DataError(
            f"Banking77 could not be loaded from the hub ({first_line(error)}).",
            where=f"{BANKING77_REPO}@{BANKING77_REVISION[:8]}",
            do="Check the connection, or put its test.csv and train.csv into a folder and name it in BLINDSPOT_DATA.",
        ) from error
    names = splits["test"].features[BANKING77_LABEL].names

    def examples(split: str) -> tuple[Example, ...]:
        columns = splits[split].with_format(None)
        return tuple(
            Example(text, names[code])
            for text, code in zip(columns[BANKING77_TEXT], columns[BANKING77_LABEL], strict=True)
        )

    origin = f"{BANKING77_REPO}@{BANKING77_REVISION}"
    return make_task("banking77", examples("test"), examples("train"), names, origin)
