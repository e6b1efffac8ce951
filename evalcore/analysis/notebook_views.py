"""What a notebook shows of a scored run and of a comparison; in one line, what a terminal shows."""

from __future__ import annotations

from evalcore.analysis.comparison import Comparison
from evalcore.analysis.findings import find
from evalcore.analysis.scored_run import ScoredRun
from evalcore.analysis.verdicts import shared_note, verdict
from evalcore.metrics import POPULATION, TITLES, never_predicted
from evalcore.notebook import card, card_of, line_of
from evalcore.parse import PARSER_VERSION
from evalcore.store import RunRecord, model_name
from evalcore.wording import counted, interval, percent, signed

FINDINGS_SHOWN = 3


def name_of(record: RunRecord) -> str:
    """A run in a few words: model, prompt and task; of imported predictions the model may be called as the task is."""
    model = model_name(record)
    prompt = [record.prompt.name] if record.kind.reads_prompt else []
    same = not record.kind.can_run and model == record.task_name
    return " · ".join([*([] if same else [model]), *prompt, record.task_name])


@line_of.register
def run_line(scored: ScoredRun) -> str:
    """A scored run in one line."""
    s = scored.scores
    around = f"({interval(scored.intervals.accuracy)})"
    said = f"accuracy {percent(s.accuracy)} {around} at N = {s.n:,}" if s.n else "nothing is predicted yet"
    return f"<ScoredRun {scored.record.run_id}: {name_of(scored.record)}, {said}, {scored.scoring} scoring>"


@card_of.register
def run_card(scored: ScoredRun) -> str:
    """A scored run: its main figures, and its first findings."""
    record, s = scored.record, scored.scores
    title = f"{name_of(record)} · run {record.run_id}"
    if not s.n:
        return card(title, note="Nothing is predicted yet.")
    i = scored.intervals
    missing = len(never_predicted(scored.confusion))
    rows = [
        ("", "", "95 % interval"),
        (TITLES["accuracy"], percent(s.accuracy), interval(i.accuracy)),
        (TITLES["macro_f1_present"], percent(s.macro_f1_present), interval(i.macro_f1_present)),
        (TITLES["unparsed_rate"], percent(s.unparsed_rate), interval(i.unparsed_rate)),
        ("Never predicted", counted(missing, "label"), f"of {s.labels_present:,} in the sample"),
    ]
    found = find(scored)
    note = (
        f"n = {s.n:,} of {counted(record.split_size, 'example')}, {record.spec.sample} · {scored.scoring} scoring, "
        f"parser {PARSER_VERSION} · {i.withheld or f'each interval is of {POPULATION}'} · the first of its findings: "
        "evalcore.findings(...) has all, with the baselines and the probabilities"
    )
    return card(title, rows, [finding.sentence for finding in found[:FINDINGS_SHOWN]], note)


@line_of.register
def comparison_line(comparison: Comparison) -> str:
    """A comparison in one line."""
    return f"<Comparison: {verdict(comparison).sentence}>"


@card_of.register
def comparison_card(comparison: Comparison) -> str:
    """A comparison: its verdict, the figures of both runs, and how many examples changed."""
    said, counts = verdict(comparison), comparison.counts
    (accuracy_a, around_a), (accuracy_b, around_b) = comparison.accuracies
    rows = [
        ("", "accuracy", "95 % interval"),
        (f"A · {name_of(comparison.a.record)}", percent(accuracy_a), interval(around_a)),
        (f"B · {name_of(comparison.b.record)}", percent(accuracy_b), interval(around_b)),
        ("B − A, in points", signed(counts.difference), interval(comparison.interval, signed=True)),
        ("Fixed by B", f"{counts.fixed:,}", ""),
        ("Broken by B", f"{counts.broken:,}", ""),
    ]
    note = [f"{comparison.a.scoring} scoring, parser {PARSER_VERSION}", said.note, shared_note(comparison)]
    return card(said.sentence, rows, note=" · ".join(part for part in note if part))
