"""What a notebook shows of a scored run, a comparison, a verdict and findings; in one line, what a terminal shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalcore.metrics import POPULATION, TITLES, never_predicted
from evalcore.notebook import card
from evalcore.parse import PARSER_VERSION
from evalcore.store import model_name
from evalcore.wording import counted, interval, percent, signed

if TYPE_CHECKING:
    from evalcore.analysis.comparison import Comparison
    from evalcore.analysis.findings.finding import Finding
    from evalcore.analysis.scored_run import ScoredRun
    from evalcore.analysis.verdicts import Verdict
    from evalcore.store import RunRecord

FINDINGS_SHOWN = 3


def name_of(record: RunRecord) -> str:
    """A run in a few words: model, prompt and task; of imported predictions the model may be called as the task is."""
    model = model_name(record)
    prompt = [record.prompt.name] if record.kind.reads_prompt else []
    same = not record.kind.can_run and model == record.task_name
    return " · ".join([*([] if same else [model]), *prompt, record.task_name])


def run_line(scored: ScoredRun) -> str:
    """A scored run in one line."""
    s = scored.scores
    around = f"({interval(scored.intervals.accuracy)})"
    said = f"accuracy {percent(s.accuracy)} {around} at N = {s.n:,}" if s.n else "nothing is predicted yet"
    return f"<ScoredRun {scored.record.run_id}: {name_of(scored.record)}, {said}, {scored.scoring} scoring>"


def run_card(scored: ScoredRun) -> str:
    """A scored run: its main figures, and its first findings."""
    from evalcore.analysis.findings import find  # it imports this module's callers

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


def comparison_line(comparison: Comparison) -> str:
    """A comparison in one line."""
    from evalcore.analysis.verdicts import verdict

    return f"<Comparison: {verdict(comparison).sentence}>"


def comparison_card(comparison: Comparison) -> str:
    """A comparison: its verdict, the figures of both runs, and how many examples changed."""
    from evalcore.analysis.verdicts import shared_note, verdict

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


def verdict_card(said: Verdict) -> str:
    """A verdict."""
    return card(said.sentence, note=said.note)


def findings_lines(found: list[Finding]) -> str:
    """Findings, numbered, one a line."""
    return "\n".join(f"{number}. {finding.sentence}" for number, finding in enumerate(found, start=1)) or "no findings"


def findings_card(found: list[Finding]) -> str:
    """Findings, each with what it means."""
    return card(counted(len(found), "finding"), sentences=[f"{one.sentence} {one.meaning}" for one in found])
