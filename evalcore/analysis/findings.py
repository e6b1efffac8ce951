"""A reading -> sentences in plain English about what its accuracy hides, the weightiest first.

Each finding carries the figures it states and the positions of the examples it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import OUTCOMES, ScoredRun
from evalcore.metrics import absent, mcnemar_p, never_predicted, over_predicted, wilson, zero_recall
from evalcore.parse import MATCHES
from evalcore.store import STOPS
from evalcore.store.importing import RESPELT, RESPELT_EXAMPLE

Figure = float | int | str

CLEAR = 0.05
"""Two-sided p below which two runs are called different."""
COLLAPSED = 0.7
"""Effective predicted labels, as a share of the effective true ones, below which answers have collapsed."""
WIDE = 0.3
"""Median width of a label's 95 % recall interval above which labels cannot be ranked."""
CARRIED = 0.08
"""Accuracy minus macro-F1 from which frequent labels are said to carry the accuracy."""
NOT_AVAILABLE = "n/a"
NAMED = 4
"""Labels named in a sentence before "and k more"."""
RIGHT, WRONG, UNPARSED_OUTCOME = range(len(OUTCOMES))
_ALL = slice(None)


@dataclass(frozen=True)
class Finding:
    """One thing that the accuracy does not say.

    Attributes:
        kind: short name, stable, for tests and links.
        sentence: what is so.
        meaning: what it means, or what to do about it.
        weight: rank, 0 to 100; from 50 on a headline number cannot mean what it will be taken to mean.
        figures: the numbers in the sentence.
        positions: the examples it rests on, as positions in the sample.
        labels: the labels it is about.
    """

    kind: str
    sentence: str
    meaning: str
    weight: float
    figures: dict[str, Figure]
    positions: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def find(scored: ScoredRun, baselines: Sequence[ScoredRun] = ()) -> list[Finding]:
    """All findings about a reading, the weightiest first.

    Args:
        baselines: readings of baselines on the same sample, under the same scoring.
    """
    if not scored.answers:
        return []
    found = [finding for look in _LOOKS for finding in look(scored)]
    for baseline in baselines:
        found += _baseline_does_as_well(scored, baseline)
    return sorted(found, key=lambda finding: -finding.weight)


def percent(share: float) -> str:
    """`91.3 %`; `n/a` for what is undefined."""
    return f"{100 * share:.1f} %" if share == share else NOT_AVAILABLE


def figure(value: float, decimals: int = 3) -> str:
    """`0.642`; `n/a` for what is undefined."""
    return f"{value:.{decimals}f}" if value == value else NOT_AVAILABLE


def counted(n: int, noun: str) -> str:
    """`1 example`, `2 examples`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _sample_misses_labels(r: ScoredRun) -> Iterator[Finding]:
    s = r.scores
    missing = absent(r.confusion)
    if not len(missing):
        return
    sorted_file = r.record.spec.sample == "first" and r.record.n < r.record.split_size
    why = (
        f"The first {s.n} rows of the file hold no more; choose a stratified sample. "
        if sorted_file
        else "Take more examples, or a stratified sample. "
        if r.record.n < r.record.split_size
        else ""
    )
    yield Finding(
        "sample_misses_labels",
        f"This sample covers {s.labels_present} of {s.labels_total} labels: a perfect model would score "
        f"{percent(s.macro_f1_ceiling)} macro-F1 over all labels.",
        f"{percent(s.macro_f1_all)} over all labels is a statement about the sample; over the "
        f"{counted(s.labels_present, 'label')} present, macro-F1 is {percent(s.macro_f1_present)}. "
        f"{why}Absent labels say nothing about the model.",
        100 * (1 - s.macro_f1_ceiling) if s.macro_f1_ceiling < 0.95 else 15,
        {
            "labels_present": s.labels_present,
            "labels_total": s.labels_total,
            "macro_f1_ceiling": s.macro_f1_ceiling,
            "macro_f1_all": s.macro_f1_all,
            "macro_f1_present": s.macro_f1_present,
        },
        _positions(r),
        tuple(r.names(missing)),
    )


def _collapse(r: ScoredRun) -> Iterator[Finding]:
    s = r.scores
    true_labels = _effective(r.per_class.support)
    if not s.effective_labels < COLLAPSED * true_labels or s.labels_present < 3:
        return
    favourites = r.names(list(s.favourites))
    among = sum(int(r.per_class.support[code]) for code in s.favourites)
    yield Finding(
        "collapse",
        f"The answers collapse into favourites: {percent(s.favourites_share)} of them are {_listed(favourites)}, "
        f"which {'is' if len(favourites) == 1 else 'are'} {percent(among / s.n)} of the examples.",
        f"It answers as if there were {s.effective_labels:.1f} equally frequent labels; the examples have "
        f"{true_labels:.1f}. Its accuracy depends on how often the favourites happen to occur.",
        55 + 40 * (1 - s.effective_labels / true_labels),
        {
            "favourites_share": s.favourites_share,
            "favourites_true_share": among / s.n,
            "effective_labels": s.effective_labels,
            "effective_true_labels": true_labels,
        },
        _positions(r, np.isin(r.y_pred, s.favourites) & (r.outcomes == WRONG)),
        tuple(favourites),
    )


def _carried_by_frequent_labels(r: ScoredRun) -> Iterator[Finding]:
    s = r.scores
    gap = s.accuracy - s.macro_f1_present
    if not gap > CARRIED:
        return
    yield Finding(
        "carried_by_frequent_labels",
        f"Accuracy is {percent(s.accuracy)}, but macro-F1 over the {counted(s.labels_present, 'label')} present is "
        f"{percent(s.macro_f1_present)}.",
        "A few labels carry the accuracy; for most labels the model is worse than it says.",
        50 + 100 * gap,
        {"accuracy": s.accuracy, "macro_f1_present": s.macro_f1_present, "gap": gap},
        _positions(r, r.outcomes != RIGHT),
    )


def _never_predicted(r: ScoredRun) -> Iterator[Finding]:
    codes = never_predicted(r.confusion)
    if not len(codes):
        return
    labels = r.names(codes)
    resting = np.isin(r.y_true, codes)
    examples = int(resting.sum())
    s = r.scores
    of_them = f"All {examples} examples of {'it' if len(labels) == 1 else 'them'} are lost"
    lost = "Its one example is lost" if examples == 1 else of_them
    yield Finding(
        "never_predicted",
        f"{counted(len(labels), 'label')} that occur{'s' if len(labels) == 1 else ''} in this sample "
        f"{'was' if len(labels) == 1 else 'were'} never predicted: {_listed(labels)}.",
        f"{lost}, {percent(examples / s.n)} of the sample.",
        30 + 50 * len(labels) / s.labels_present,
        {"labels": len(labels), "labels_present": s.labels_present, "examples": examples},
        _positions(r, resting),
        tuple(labels),
    )


def _zero_recall(r: ScoredRun) -> Iterator[Finding]:
    codes = zero_recall(r.confusion)
    if not len(codes):
        return
    labels = r.names(codes)
    resting = np.isin(r.y_true, codes)
    examples = int(resting.sum())
    it = "it" if len(labels) == 1 else "they"
    yield Finding(
        "zero_recall",
        f"{counted(len(labels), 'label')} {'is' if len(labels) == 1 else 'are'} predicted, but never where {it} "
        f"should be: {_listed(labels)}.",
        "Its one example was not found." if examples == 1 else f"Not one of {examples} examples was found.",
        28 + 40 * len(labels) / r.scores.labels_present,
        {"labels": len(labels), "examples": examples},
        _positions(r, resting),
        tuple(labels),
    )


def _over_predicted(r: ScoredRun) -> Iterator[Finding]:
    codes = over_predicted(r.confusion)
    if not len(codes):
        return
    code = int(codes[0])
    label, predicted, support = (
        r.labels[code],
        int(r.per_class.predicted[code]),
        int(r.per_class.support[code]),
    )
    others = f" {counted(len(codes) - 1, 'other label')} likewise." if len(codes) > 1 else ""
    right = int(r.per_class.true_positives[code])
    occurs = "once" if support == 1 else f"{support} times"
    yield Finding(
        "over_predicted",
        f"“{label}” absorbs other labels: it was answered {predicted} times and occurs {occurs}.",
        f"Only {right} of these answers {'is' if right == 1 else 'are'} right.{others}",
        25 + 60 * predicted / r.scores.n,
        {"predicted": predicted, "support": support, "labels": len(codes)},
        _positions(r, (r.y_pred == code) & (r.outcomes == WRONG)),
        tuple(r.names(codes)),
    )


def _unparsed(r: ScoredRun) -> Iterator[Finding]:
    s = r.scores
    if not s.unparsed:
        return
    parsed = s.n - s.unparsed
    n_cut = int((_was_cut(r) & (r.outcomes == UNPARSED_OUTCOME)).sum())
    limit = r.record.spec.max_new_tokens
    if 2 * n_cut > s.unparsed:
        reason = f"Of the unparsed, {n_cut} were cut at {limit} tokens, the likely reason: raise max_new_tokens."
    else:
        reason = "Read the raw completions before blaming the model's understanding."
    yield Finding(
        "unparsed",
        f"{counted(s.unparsed, 'completion')} ({percent(s.unparsed / s.n)}) {'names' if s.unparsed == 1 else 'name'} "
        f"no label, or more than one, under {r.scoring} scoring; the accuracy counts "
        f"{'it' if s.unparsed == 1 else 'them'} as wrong.",
        f"{_right_among(s.correct, parsed)} {reason}",
        min(95.0, 30 + 150 * s.unparsed / s.n),
        {
            "unparsed": s.unparsed,
            "n": s.n,
            "accuracy_of_parsed": s.correct / parsed if parsed else float("nan"),
        },
        _positions(r, r.outcomes == UNPARSED_OUTCOME),
    )


def _right_among(correct: int, parsed: int) -> str:
    if not parsed:
        return "No answer is a label, so there is no share of right ones among those that are."
    if parsed == 1:
        return f"The one answer that is a label is {'right' if correct else 'wrong'}."
    return f"Among the {parsed} answers that are labels, {percent(correct / parsed)} are right."


def _depends_on_the_parser(r: ScoredRun) -> Iterator[Finding]:
    right = r.right_under
    helped = right["lenient"] - right["strict"]
    if not helped:
        return
    n = r.scores.n
    yield Finding(
        "depends_on_the_parser",
        f"{counted(helped, 'answer')} {'is' if helped == 1 else 'are'} right only because the parser is lenient: "
        f"{percent(right['lenient'] / n)} lenient, {percent(right['strict'] / n)} strict.",
        "Strict scoring wants the label character for character; say which one is meant when the number is quoted.",
        20 + 100 * helped / n,
        {"lenient": right["lenient"] / n, "strict": right["strict"] / n, "answers": helped},
        _positions(
            r,
            np.isin(r.columns.match, [MATCHES.index("normalized"), MATCHES.index("extracted")])
            & (r.columns.named == r.columns.y_true),
        ),
    )


def _cut_short(r: ScoredRun) -> Iterator[Finding]:
    cut = _was_cut(r)
    n_cut = int(cut.sum())
    if n_cut:
        unparsed = int((cut & (r.outcomes == UNPARSED_OUTCOME)).sum())
        limit = r.record.spec.max_new_tokens
        yield Finding(
            "truncated",
            f"{counted(n_cut, 'completion')} {'was' if n_cut == 1 else 'were'} cut at {limit} tokens before the "
            f"model had ended; {unparsed} of them {'is' if unparsed == 1 else 'are'} unparsed.",
            "The model was still talking, or reasoning before its answer: raise max_new_tokens to see whether a label "
            "follows.",
            min(95.0, 20 + 100 * n_cut / r.scores.n),
            {"truncated": n_cut, "unparsed": unparsed, "max_new_tokens": limit},
            _positions(r, cut),
        )
    too_long = r.columns.stop == STOPS.index("too_long")
    n_too_long = int(too_long.sum())
    if n_too_long:
        yield Finding(
            "too_long",
            f"{counted(n_too_long, 'prompt')} did not fit into the model's context and "
            f"{'counts' if n_too_long == 1 else 'count'} as unparsed.",
            f"{'It was' if n_too_long == 1 else 'They were'} not cut, since a cut prompt is another question.",
            40 + 100 * n_too_long / r.scores.n,
            {"too_long": n_too_long},
            _positions(r, too_long),
        )


def _too_uncertain_to_rank(r: ScoredRun) -> Iterator[Finding]:
    present = r.per_class.support > 0
    support, right = r.per_class.support[present], r.per_class.true_positives[present]
    if len(support) < 2:
        return
    low, high = wilson(right, support)
    width = float(np.median(high - low))
    if width <= WIDE:
        return
    overlapping = [(low[i] <= high[j]) and (low[j] <= high[i]) for i in range(len(low)) for j in range(i)]
    share = float(np.mean(overlapping))
    median = int(np.median(support))
    yield Finding(
        "too_uncertain_to_rank",
        f"Half of the labels have {median} example{'s' * (median != 1)} or fewer, so the 95 % interval of a label's "
        f"recall is typically {100 * width:.0f} points wide.",
        f"The intervals of {percent(share)} of all pairs of labels overlap: ranking labels by score is mostly chance.",
        20 + 25 * width,
        {"median_support": median, "median_interval_width": width, "overlapping_pairs": share},
        _positions(r),
    )


def _micro_f1_says_nothing_new(r: ScoredRun) -> Iterator[Finding]:
    s = r.scores
    if s.unparsed:
        return
    yield Finding(
        "micro_f1_says_nothing_new",
        f"Micro-F1 is the accuracy again, {percent(s.accuracy)}: every answer is one of the labels.",
        "Each wrong answer is one false positive and one false negative, so the two are always equal. Quote one.",
        8,
        {"accuracy": s.accuracy, "micro_f1": s.micro_f1},
        _positions(r),
    )


def _penalty_on_prompt_labels(r: ScoredRun) -> Iterator[Finding]:
    penalty = float((r.record.metadata or {}).get("repetition_penalty", "1"))
    if r.record.spec.decoding != "as-shipped" or penalty == 1.0:
        return
    listed = "{labels}" in r.record.prompt.system + r.record.prompt.user
    about = "the very labels that the prompt lists" if listed else "every word of the message"
    yield Finding(
        "penalty_on_prompt_labels",
        f"The model ships with a repetition penalty of {penalty:g}, which this run kept: it counts the prompt's tokens "
        f"and so punishes {about}.",
        "Greedy decoding does not switch it off. Run the same with plain decoding to see what it costs.",
        52,
        {"repetition_penalty": penalty},
        _positions(r),
    )


def _same_text_two_labels(r: ScoredRun) -> Iterator[Finding]:
    doubled = _doubled_texts(r)
    if not doubled:
        return
    yield Finding(
        "same_text_two_labels",
        f"{counted(len(doubled), 'text')} stand{'s' if len(doubled) == 1 else ''} in the sample with two labels.",
        "No model can be right on both: the data set has to decide.",
        30 + 100 * len(doubled) / r.scores.n,
        {"texts": len(doubled)},
        _positions(r, np.array(sorted(row for rows in doubled for row in rows))),
    )


def _not_finished(r: ScoredRun) -> Iterator[Finding]:
    done = len(r.answers)
    if done < r.record.n:
        yield Finding(
            "not_finished",
            f"{done} of {r.record.n} examples {'is' if done == 1 else 'are'} predicted so far; every number here is of "
            f"{'this one' if done == 1 else 'these'}.",
            "Go on with the run to get the rest.",
            70,
            {"done": done, "n": r.record.n},
        )


def _true_labels_respelt(r: ScoredRun) -> Iterator[Finding]:
    metadata = r.record.metadata or {}
    if RESPELT not in metadata:
        return
    n = int(metadata[RESPELT])
    yield Finding(
        "true_labels_respelt",
        f"{counted(n, 'true label')} of the file {'is' if n == 1 else 'are'} spelt in another way than the label "
        f"that {'it counts' if n == 1 else 'they count'} as: {metadata[RESPELT_EXAMPLE]}.",
        "Labels that differ in no more than case, spaces, `_`, `-` or outer punctuation are taken for one label.",
        9,
        {"true_labels": n},
    )


def _baseline_does_as_well(r: ScoredRun, baseline: ScoredRun) -> Iterator[Finding]:
    _, mine, theirs = np.intersect1d(r.positions, baseline.positions, assume_unique=True, return_indices=True)
    if not len(mine):
        return
    ours_right, theirs_right = r.outcomes[mine] == RIGHT, baseline.outcomes[theirs] == RIGHT
    only_ours, only_theirs = int((ours_right & ~theirs_right).sum()), int((theirs_right & ~ours_right).sum())
    p = mcnemar_p(only_ours, only_theirs)
    if only_ours > only_theirs and p < CLEAR:
        return
    ours, other = float(ours_right.mean()), float(theirs_right.mean())
    name = {
        "majority": "Always answering the most frequent label",
        "tfidf": "TF-IDF with a linear classifier",
    }.get(baseline.record.spec.model, baseline.record.spec.model)
    clearly = p < CLEAR
    yield Finding(
        "baseline_does_as_well",
        f"{name} gets {percent(other)} on the same {counted(len(mine), 'example')}, this model {percent(ours)}"
        + (": the baseline does better." if clearly else ": no difference that this sample could show."),
        f"{counted(only_theirs, 'example')} only the baseline gets right, {only_ours} only this model "
        f"(exact McNemar p {_p_value(p)}).",
        75 + 20 * (other - ours) if clearly else 60,
        {
            "baseline": baseline.record.spec.model,
            "baseline_accuracy": other,
            "accuracy": ours,
            "mcnemar_p": p,
        },
        _positions(r, mine[theirs_right & ~ours_right]),
    )


_LOOKS: tuple[Callable[[ScoredRun], Iterator[Finding]], ...] = (
    _not_finished,
    _sample_misses_labels,
    _collapse,
    _carried_by_frequent_labels,
    _never_predicted,
    _zero_recall,
    _over_predicted,
    _unparsed,
    _depends_on_the_parser,
    _cut_short,
    _too_uncertain_to_rank,
    _micro_f1_says_nothing_new,
    _penalty_on_prompt_labels,
    _same_text_two_labels,
    _true_labels_respelt,
)


def _was_cut(r: ScoredRun) -> NDArray[np.bool_]:
    """Which rows ended at max_new_tokens."""
    cut: NDArray[np.bool_] = r.columns.stop == STOPS.index("length")
    return cut


def _positions(r: ScoredRun, rows: NDArray[Any] | slice = _ALL) -> tuple[int, ...]:
    """Positions in the sample of the rows that a mask or an index chooses."""
    return tuple(r.positions[rows].tolist())


def _doubled_texts(r: ScoredRun) -> list[list[int]]:
    """Rows of each text that stands in the sample with more than one label."""
    c = r.columns
    order = np.lexsort((c.y_true, c.text_hash))
    same_text = c.text_hash[order][1:] == c.text_hash[order][:-1]
    other_label = c.y_true[order][1:] != c.y_true[order][:-1]
    hashes = np.unique(c.text_hash[order][1:][same_text & other_label])
    rows = np.flatnonzero(np.isin(c.text_hash, hashes[hashes != 0]))
    by_text: dict[str, list[int]] = {}
    for row, answer in zip(rows.tolist(), r.answers.at(rows), strict=True):
        by_text.setdefault(answer.example.text, []).append(row)
    return [group for group in by_text.values() if len(np.unique(c.y_true[group])) > 1]


def _effective(counts: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """exp of the entropy: as many equally frequent labels would be as varied."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _listed(labels: Sequence[str]) -> str:
    quoted = [f"“{label}”" for label in labels[:NAMED]]
    if len(labels) > NAMED:
        return f"{', '.join(quoted)} and {len(labels) - NAMED} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _p_value(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)
