"""`check`: hold a stored run to limits, and to being no worse than another one; for CI."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from evalcore.analysis import BY, MARGIN, SLICE_FORMS, CheckedRun, CheckVerdict, check, score_run
from evalcore.cli.markdown import add_markdown, write_markdown
from evalcore.cli.options import Commands, add_command, add_scoring, open_store, print_json
from evalcore.errors import BlindspotError, SpecError, printable, quoted
from evalcore.metrics import METRICS, PROBABILITY_METRICS
from evalcore.output import check_as_text, check_junit, check_markdown, no_nan, write_file

CANNOT_CHECK = 2
"""The exit status when nothing could be checked: a wrong option, no such run, two runs that share nothing."""
STATUS: dict[CheckVerdict, int] = {"passed": 0, "failed": 1, "not shown": 3}
_EPILOG = """exit status:
  0  every check passed
  1  a check failed
  2  nothing could be checked: a wrong option, no such run, runs that share nothing
  3  no check failed, but one cannot be shown with so few examples (0 with --accept-not-shown)
"""


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Hold a stored run to limits, and to being no worse than another one; no model is called."
    command = add_command(commands, "check", _check, text)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = f"{_EPILOG}\nmetrics: {', '.join(metric.name for metric in (*METRICS, *PROBABILITY_METRICS))}"
    command.add_argument("run", help="a run's name, as `runs` lists it")
    for name, text in (("min", "at least"), ("max", "at most")):
        command.add_argument(
            f"--{name}", action="append", default=[], type=_limit, metavar="METRIC=VALUE",
            help=f"{text} this value, such as accuracy=0.8 or accuracy=80%%; may be given several times",
        )  # fmt: skip
    command.add_argument(
        "--by", choices=BY, default="point",
        help="what a limit is on: the value in the sample, or the whole 95 %% interval (default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--baseline", metavar="RUN", help="another run of the same labels, to compare with pair by pair"
    )
    command.add_argument(
        "--no-regression", action="store_true",
        help="the accuracy must be shown to be not worse than the baseline's, with 95 %% confidence",
    )  # fmt: skip
    command.add_argument(
        "--no-regression-of", action="append", default=[], metavar="METRIC",
        help="the same of another metric; may be given several times",
    )  # fmt: skip
    command.add_argument(
        "--margin", type=_number, default=MARGIN, help="by how much worse is too much (default: %(default)s)"
    )
    command.add_argument(
        "--slice", action="append", default=[], metavar="SLICE",
        help=f"check these examples instead of all; may be given several times: {SLICE_FORMS}",
    )  # fmt: skip
    command.add_argument(
        "--accept-not-shown", action="store_true", help="exit with 0 where no check failed and some cannot be shown"
    )
    command.add_argument("--junit", type=Path, metavar="FILE", help="also write the checks as JUnit XML")
    add_markdown(command)
    add_scoring(command)


def _check(options: argparse.Namespace) -> int:
    try:
        checked = _checked(options)
        if options.junit:
            write_file(options.junit, check_junit(checked))
        if options.markdown and write_markdown(options, check_markdown(checked)):
            return _status(options, checked)
    except BlindspotError as error:
        print(f"error: {error}", file=sys.stderr)
        return CANNOT_CHECK
    if options.json:
        print_json(no_nan(checked.as_json()))
    else:
        print(printable(check_as_text(checked)))
    return _status(options, checked)


def _checked(options: argparse.Namespace) -> CheckedRun:
    store = open_store(options)
    run = score_run(store, options.run, options.scoring)
    return check(
        run,
        minimum=_limits(options.min, "min"),
        maximum=_limits(options.max, "max"),
        baseline=score_run(store, options.baseline, options.scoring) if options.baseline else None,
        no_regression=[*(["accuracy"] if options.no_regression else []), *options.no_regression_of],
        margin=options.margin,
        slices=options.slice,
        by=options.by,
    )


def _status(options: argparse.Namespace, checked: CheckedRun) -> int:
    return 0 if options.accept_not_shown and checked.verdict == "not shown" else STATUS[checked.verdict]


def _limits(given: Sequence[tuple[str, float]], option: str) -> dict[str, float]:
    """Limits by their metric.

    Raises:
        SpecError: if a metric is given twice: the looser limit would make a check pass that the other one does not.
    """
    limits = dict(given)
    if len(limits) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"--{option} is given twice for {quoted(twice)}.", do="Give one limit for each metric.")
    return limits


def _limit(text: str) -> tuple[str, float]:
    """The type of `METRIC=VALUE`."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not METRIC=VALUE, such as accuracy=0.8")
    return name.strip(), _number(value)


def _number(text: str) -> float:
    """The type of a number that may be in percent."""
    digits = text.strip()
    try:
        number = float(digits.removesuffix("%")) / (100 if digits.endswith("%") else 1)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 0.8 or 80%")
    return number
