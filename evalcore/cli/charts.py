"""`charts`: the pictures of a run, of two runs compared or of several, as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalcore.analysis import ScoredRun, compare, gather, score_run
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Write the pictures of a stored run into a folder; of two runs, those of their comparison, and of more those of"
        " all together. No browser and no network is needed."
    )
    command = add_command(commands, "charts", _charts, text)
    command.add_argument("run", nargs="+", help="a run's name, as `runs` lists it; or two runs, A and B, or up to ten")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="made if it is missing")
    kind = command.add_mutually_exclusive_group()
    kind.add_argument("--png", dest="kind", action="store_const", const="png", default="png", help="the default")
    kind.add_argument("--svg", dest="kind", action="store_const", const="svg", help="sharp at any size")
    command.add_argument("--theme", choices=("light", "dark"), default="light", help="(default: %(default)s)")
    add_scoring(command)


def _charts(options: argparse.Namespace) -> int:
    from evalcore.output import stills  # half a second of libraries, which the other commands are spared

    store, theme = open_store(options), stills.THEMES[options.theme]
    scored: list[ScoredRun] = [score_run(store, run_id, options.scoring) for run_id in options.run]
    if len(scored) == 1:
        drawn = stills.run_charts(scored[0], theme=theme)
    elif len(scored) == 2:
        drawn = stills.comparison_charts(compare(*scored), theme=theme)
    else:
        drawn = stills.sweep_charts(gather(scored), theme=theme)
    written = stills.export_charts(drawn, options.out, options.kind)
    if options.json:
        print_json([str(path) for path in written])
    else:
        print(*written, sep="\n")
    return 0
