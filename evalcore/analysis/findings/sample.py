"""Findings about the sample: whether it is complete, which labels it holds, texts and labels that contradict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalcore.analysis.findings.finding import Finding, positions_of
from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import absent
from evalcore.store.run_record import RESPELT, RESPELT_EXAMPLE
from evalcore.wording import counted, percent


def not_finished(run: ScoredRun) -> Iterator[Finding]:
    """A run with examples that are not predicted yet."""
    done = len(run.answers)
    if done < run.record.n:
        yield Finding(
            "not_finished",
            f"{done:,} of {counted(run.record.n, 'example')} {'is' if done == 1 else 'are'} predicted so far; every "
            f"number here is of {'this one' if done == 1 else 'these'}.",
            "Go on with the run to get the rest.",
            70,
            {"done": done, "n": run.record.n},
        )


def sample_misses_labels(run: ScoredRun) -> Iterator[Finding]:
    """Labels that are absent from the sample, and the ceiling that this puts on macro-F1 over all labels."""
    s = run.scores
    missing = absent(run.confusion)
    if not len(missing):
        return
    yield Finding(
        "sample_misses_labels",
        f"This sample covers {s.labels_present} of {s.labels_total} labels: a perfect model would score "
        f"{percent(s.macro_f1_ceiling)} macro-F1 over all labels.",
        f"{percent(s.macro_f1_all)} over all labels is a statement about the sample; over the "
        f"{counted(s.labels_present, 'label')} in the sample, macro-F1 is {percent(s.macro_f1_present)}. "
        f"{_larger_sample(run)}Absent labels say nothing about the model.",
        100 * (1 - s.macro_f1_ceiling) if s.macro_f1_ceiling < 0.95 else 15,
        {
            "labels_present": s.labels_present,
            "labels_total": s.labels_total,
            "macro_f1_ceiling": s.macro_f1_ceiling,
            "macro_f1_all": s.macro_f1_all,
            "macro_f1_present": s.macro_f1_present,
        },
        positions_of(run),
        tuple(run.names(missing)),
        opens=f"{counted(s.n, 'example')} of this sample",
        opens_labels=f"{counted(len(missing), 'label')} absent from the sample",
    )


def _larger_sample(run: ScoredRun) -> str:
    """What to choose so that the sample holds more labels; empty where no other sample is known to hold more."""
    record, n_labels = run.record, run.scores.labels_total
    if len(run.answers) < record.n or record.n == record.split_size:
        return ""
    if record.n < n_labels:
        stratified = "examples or more" if record.spec.sample == "stratified" else "examples or more, stratified"
        return f"It takes a sample of {n_labels:,} {stratified}. "
    if record.spec.sample == "stratified":
        return ""  # each label of the split is in it: the others have no example there
    if record.spec.sample == "first":
        return f"The first {counted(record.n, 'row')} of the file hold no more; choose a stratified sample. "
    return "Take more examples, or a stratified sample. "


def same_text_two_labels(run: ScoredRun) -> Iterator[Finding]:
    """Texts that are in the sample with more than one label."""
    doubled = _doubled_texts(run)
    if not doubled:
        return
    rows = np.array(sorted(row for rows in doubled for row in rows))
    yield Finding(
        "same_text_two_labels",
        f"{counted(len(doubled), 'text')} stand{'s' if len(doubled) == 1 else ''} in the sample with two labels.",
        "No model can be right on both: the data set has to decide.",
        30 + 100 * len(doubled) / run.scores.n,
        {"texts": len(doubled)},
        positions_of(run, rows),
        opens=f"{counted(len(rows), 'example')} whose text has two labels",
    )


def _doubled_texts(run: ScoredRun) -> list[list[int]]:
    """The rows of each text that is in the sample with more than one label."""
    c = run.columns
    order = np.lexsort((c.y_true, c.text_hash))
    same_text = c.text_hash[order][1:] == c.text_hash[order][:-1]
    other_label = c.y_true[order][1:] != c.y_true[order][:-1]
    hashes = np.unique(c.text_hash[order][1:][same_text & other_label])
    rows = np.flatnonzero(np.isin(c.text_hash, hashes[hashes != 0]))
    by_text: dict[str, list[int]] = {}
    for row, answer in zip(rows.tolist(), run.answers.at(rows), strict=True):
        by_text.setdefault(answer.example.text, []).append(row)
    return [group for group in by_text.values() if len(np.unique(c.y_true[group])) > 1]


def true_labels_respelt(run: ScoredRun) -> Iterator[Finding]:
    """True labels of an imported file that are spelt in another way than in the label list."""
    metadata = run.record.metadata or {}
    if RESPELT not in metadata:
        return
    n = int(metadata[RESPELT])
    yield Finding(
        "true_labels_respelt",
        f"{counted(n, 'true label')} of the file {'is' if n == 1 else 'are'} spelt in another way than the label "
        f"that {'it counts' if n == 1 else 'they count'} as: {metadata[RESPELT_EXAMPLE]}.",
        "Labels that differ in no more than case, spaces, “_”, “-” or outer punctuation count as one label.",
        9,
        {"true_labels": n},
    )
