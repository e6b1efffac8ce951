"""`ladder`: what a model loses to the format of its answers, told from what it cannot classify."""

from __future__ import annotations

import argparse

import numpy as np

from evalcore.analysis import (
    CLIMBS,
    STEPS,
    LabelProbabilities,
    Ladder,
    Ranking,
    build_ladder,
    chooses,
    label_probabilities,
    lacking_spec,
    ladder_as_json,
    ladder_words,
    partner_of,
    ranking_as_json,
    ranking_line,
    rankings,
    score_run,
)
from evalcore.cli.options import Commands, add_command, open_store, print_json
from evalcore.output import no_nan
from evalcore.output.command import command_of
from evalcore.wording import counted, interval, p_value, percent, points


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Free text read strictly, read leniently, and choosing among the labels, on the same examples; and what a"
        " choosing run would have answered by another ranking of the labels. No model is called."
    )
    command = add_command(commands, "ladder", _ladder, text)
    text = "rankings on each half of the examples: one may choose a ranking, the other says what it is worth"
    command.add_argument("--halves", action="store_true", help=text)
    command.add_argument("run", help="a run's name, as `runs` lists it; the run beside it is found")


def _ladder(options: argparse.Namespace) -> int:
    store = open_store(options)
    record = store.run(options.run)
    partner = partner_of(record, store.runs_on_sample(record.sample_id))
    free, choosing = (partner, record) if chooses(record) else (record, partner)
    chosen = score_run(store, choosing.run_id) if choosing else None
    ladder = build_ladder(
        (score_run(store, free.run_id, "strict"), score_run(store, free.run_id)) if free else None, chosen
    )
    lacking = None if partner else lacking_spec(record)
    probabilities = label_probabilities(chosen) if chosen else None
    parts = _parts(probabilities, halves=options.halves) if probabilities else {}
    if options.json:
        found = {
            **ladder_as_json(ladder),
            "rankings": {part: [ranking_as_json(one) for one in ranked] for part, ranked in parts.items()},
            "lacking": command_of(lacking) if lacking else None,
        }
        print_json(no_nan(found))
        return 0
    print(_as_text(ladder))
    for part, ranked in parts.items():
        print(f"\nRanked by another score, the same probabilities answer ({part}):")
        print("\n".join(f"  {ranking_line(one)}" for one in ranked))
    if lacking:
        print(f"\nThe step that is missing: {command_of(lacking)}")
    return 0


def _parts(probabilities: LabelProbabilities, *, halves: bool) -> dict[str, list[Ranking]]:
    """The rankings of all examples, or of every second one and of the others."""
    odd = probabilities.scored.positions % 2 == 1
    asked = {"one half": np.flatnonzero(~odd), "the other half": np.flatnonzero(odd)} if halves else {"all": None}
    found = {part: rankings(probabilities, rows) for part, rows in asked.items() if rows is None or len(rows)}
    return {part: ranked for part, ranked in found.items() if ranked}


def _as_text(ladder: Ladder) -> str:
    lines = []
    climbs = dict(zip([step.name for step in ladder.steps[1:]], ladder.climbs.items(), strict=True))
    for step in ladder.steps:
        if step.name in climbs:
            name, climb = climbs[step.name]
            lines.append(
                f"  {CLIMBS[name]}: {points(climb.counts.difference)} points"
                f" ({interval(climb.interval, signed=True)}), {counted(climb.counts.fixed, 'example')} gained,"
                f" {climb.counts.broken:,} lost, {p_value(climb.p)}"
            )
        lines.append(f"{STEPS[step.name]:<20} {percent(step.accuracy)} ({interval(step.interval)})")
    return "\n".join([*lines, "", *ladder_words(ladder)])
