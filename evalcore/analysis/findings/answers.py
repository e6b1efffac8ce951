"""Findings about the completions: unparsed, cut off, right for a lenient parser only, how they were decoded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.findings.finding import Finding, positions_of
from evalcore.analysis.scored_run import UNPARSED_OUTCOME, ScoredRun
from evalcore.parse import MATCHES
from evalcore.store import STOPS
from evalcore.wording import counted, percent


def unparsed(run: ScoredRun) -> Iterator[Finding]:
    """Completions without a label, and the likely reason."""
    s = run.scores
    if not s.unparsed:
        return
    parsed = s.n - s.unparsed
    n_cut = int((_was_cut(run) & (run.outcomes == UNPARSED_OUTCOME)).sum())
    limit = run.record.spec.max_new_tokens
    if 2 * n_cut > s.unparsed:
        cut = f"{n_cut:,} {'was' if n_cut == 1 else 'were'} cut at {counted(limit, 'token')}"
        reason = f"Of the unparsed, {cut}, the likely reason: raise max_new_tokens."
    else:
        reason = "Read the raw completions before blaming the model's understanding."
    yield Finding(
        "unparsed",
        f"{counted(s.unparsed, 'completion')} ({percent(s.unparsed / s.n)}) {'names' if s.unparsed == 1 else 'name'} "
        f"no label, or more than one, under {run.scoring} scoring; the accuracy counts "
        f"{'it' if s.unparsed == 1 else 'them'} as wrong.",
        f"{_right_among(s.correct, parsed)} {reason}",
        min(95.0, 30 + 150 * s.unparsed / s.n),
        {
            "unparsed": s.unparsed,
            "n": s.n,
            "accuracy_of_parsed": s.correct / parsed if parsed else float("nan"),
        },
        positions_of(run, run.outcomes == UNPARSED_OUTCOME),
        opens=counted(s.unparsed, "unparsed completion"),
    )


def _right_among(correct: int, parsed: int) -> str:
    if not parsed:
        return "No answer is a label, so there is no share of right ones among those that are."
    if parsed == 1:
        return f"The one answer that is a label is {'right' if correct else 'wrong'}."
    return f"Among the {parsed:,} answers that are labels, {percent(correct / parsed)} are right."


def depends_on_the_parser(run: ScoredRun) -> Iterator[Finding]:
    """Answers that count as right under lenient scoring only."""
    right = run.right_under
    helped = right["lenient"] - right["strict"]
    if not helped:
        return
    n = run.scores.n
    yield Finding(
        "depends_on_the_parser",
        f"{counted(helped, 'answer')} {'is' if helped == 1 else 'are'} right only because the parser is lenient: "
        f"{percent(right['lenient'] / n)} lenient, {percent(right['strict'] / n)} strict.",
        "Strict scoring wants the label character for character; say which one is meant when the number is quoted.",
        20 + 100 * helped / n,
        {"lenient": right["lenient"] / n, "strict": right["strict"] / n, "answers": helped},
        positions_of(
            run,
            np.isin(run.columns.match, [MATCHES.index("normalized"), MATCHES.index("extracted")])
            & (run.columns.named == run.columns.y_true),
        ),
        opens=f"{counted(helped, 'answer')} right under lenient scoring only",
    )


def cut_short(run: ScoredRun) -> Iterator[Finding]:
    """Completions that ended at the token limit, and prompts that did not fit into the context."""
    cut = _was_cut(run)
    n_cut = int(cut.sum())
    if n_cut:
        unparsed = int((cut & (run.outcomes == UNPARSED_OUTCOME)).sum())
        limit = run.record.spec.max_new_tokens
        yield Finding(
            "truncated",
            f"{counted(n_cut, 'completion')} {'was' if n_cut == 1 else 'were'} cut at {counted(limit, 'token')} before "
            f"the model had ended; {unparsed:,} of them {'is' if unparsed == 1 else 'are'} unparsed.",
            "The model was still talking, or reasoning before its answer: raise max_new_tokens to see whether a label "
            "follows.",
            min(95.0, 20 + 100 * n_cut / run.scores.n),
            {"truncated": n_cut, "unparsed": unparsed, "max_new_tokens": limit},
            positions_of(run, cut),
            opens=f"{counted(n_cut, 'completion')} cut at {counted(limit, 'token')}",
        )
    too_long = run.columns.stop == STOPS.index("too_long")
    n_too_long = int(too_long.sum())
    if n_too_long:
        read = "prompt" if run.record.kind.reads_prompt else "text"
        yield Finding(
            "too_long",
            f"{counted(n_too_long, read)} did not fit into the model's context and "
            f"{'counts' if n_too_long == 1 else 'count'} as unparsed.",
            f"{'It was' if n_too_long == 1 else 'They were'} not cut, since a cut {read} is another question.",
            40 + 100 * n_too_long / run.scores.n,
            {"too_long": n_too_long},
            positions_of(run, too_long),
            opens=f"{counted(n_too_long, read)} too long for the model's context",
        )


def _was_cut(run: ScoredRun) -> NDArray[np.bool_]:
    """Which rows ended at max_new_tokens."""
    cut: NDArray[np.bool_] = run.columns.stop == STOPS.index("length")
    return cut


def penalty_on_prompt_labels(run: ScoredRun) -> Iterator[Finding]:
    """A repetition penalty of the model that applies to the labels in the prompt."""
    penalty = float((run.record.metadata or {}).get("repetition_penalty", "1"))
    if run.record.spec.decoding != "as-shipped" or penalty == 1.0:
        return
    listed = "{labels}" in run.record.prompt.system + run.record.prompt.user
    about = "the very labels that the prompt lists" if listed else "every word of the message"
    yield Finding(
        "penalty_on_prompt_labels",
        f"The model ships with a repetition penalty of {penalty:g}, which this run kept: it counts the prompt's tokens "
        f"and so punishes {about}.",
        "Greedy decoding does not switch it off. Run the same with plain decoding to see what it costs.",
        52,
        {"repetition_penalty": penalty},
        positions_of(run),
        opens=f"{counted(run.scores.n, 'example')} of this run",
    )


def batches_halved(run: ScoredRun) -> Iterator[Finding]:
    """Batches that the device had not enough memory for, so that smaller ones were run."""
    known = run.record.metadata or {}
    if "batches_halved" not in known:
        return
    halved, asked, fitted = (int(known[name]) for name in ("batches_halved", "batch_too_large", "batch_that_fits"))
    exact = run.record.identity.get("dtype") == "float32" and "quantised" not in known
    yield Finding(
        "batches_halved",
        f"The device had not enough memory for {asked:,} texts at once: batches were halved "
        f"{counted(halved, 'time')}, down to {fitted:,}.",
        "The answers are the same: in float32 they do not depend on the size of a batch."
        if exact
        else "In this number format an answer can depend on what else is in its batch: run it with a batch size of "
        f"{fitted:,} to have answers that can be had again exactly.",
        8 if exact else 15,
        {"halved": halved, "asked": asked, "fitted": fitted},
    )
