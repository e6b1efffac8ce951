"""A stored run -> the log-probability of every label for every answer, as one array."""

from __future__ import annotations

import tempfile

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import StoreError
from evalcore.store.columns import Columns, stream_completions
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.wording import sized

IN_MEMORY_BYTES = 256 * 2**20
"""An array larger than this is a file that is mapped into memory: the system keeps of it what fits."""
_ROWS_AT_ONCE = 65536


def load_label_logprobs(store: Store, record: RunRecord, columns: Columns) -> NDArray[np.float32] | None:
    """Read them block by block.

    Args:
        columns: of the run; its rows are those of the array.

    Returns:
        Shape (n_completed, n_labels), the labels in the task's order; NaN where a probability is not known. None if
        none at all is. A large array is a mapped file without a name in the cache folder, which is gone with the array.

    Raises:
        StoreError: if that file cannot be written.
    """
    if not columns.has_label_scores.any():
        return None
    n_labels = len(record.labels)
    place = {label: at for at, label in enumerate(record.label_order)}
    to_task_order = np.array([place[label] for label in record.labels])
    # Rows with the same prompt share a completion: where each key's rows stand.
    by_key = np.argsort(columns.key, kind="stable")
    starts = np.searchsorted(columns.key[by_key], np.arange(len(columns.keys) + 1))
    scores = unknown_logprobs(store, (len(columns.positions), n_labels))
    for code, completion in stream_completions(store, columns.keys):
        logprobs = completion.logprobs
        if len(logprobs) == n_labels:  # none, or of another list of labels: nothing is known
            scores[by_key[starts[code] : starts[code + 1]]] = logprobs[to_task_order]
    return scores


def unknown_logprobs(store: Store, shape: tuple[int, int]) -> NDArray[np.float32]:
    """An array of NaN: in memory, or if it is large a mapped file without a name in the cache folder.

    Raises:
        StoreError: if that file cannot be written, because the disk is full, say.
    """
    if 4 * shape[0] * shape[1] <= IN_MEMORY_BYTES:
        return np.full(shape, np.nan, dtype=np.float32)
    block = np.full((_ROWS_AT_ONCE, shape[1]), np.nan, dtype=np.float32)
    try:
        with tempfile.TemporaryFile(dir=None if store.read_only else store.folder) as file:
            # Written, not only mapped: a disk that is full then is an error here. Later it would end the process.
            for start in range(0, shape[0], _ROWS_AT_ONCE):
                file.write(block[: shape[0] - start].data)
            file.flush()
            mapped: NDArray[np.float32] = np.memmap(file, dtype=np.float32, mode="r+", shape=shape)
    except OSError as error:
        raise StoreError(
            f"there is no room for a file with the labels' probabilities ({error.strerror}).",
            where=str(store.folder),
            do=f"Free {sized(4 * shape[0] * shape[1])} of disk space.",
        ) from error
    return mapped
