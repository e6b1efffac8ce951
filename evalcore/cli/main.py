"""The command line: the same code as the app. `python -m evalcore --help`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from evalcore import bench
from evalcore.cli.commands import add_sweep_options, run_compare, run_sweep
from evalcore.errors import BlindspotError, printable
from evalcore.parse import Scoring
from evalcore.store import DEFAULT_CACHE, Decoding, Dtype, Engine, RunSpec
from evalcore.tasks import BUILT_IN, DESCRIPTIONS, SAMPLES, TaskSource

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        the exit status: 0, 1 for an error that a person can mend, 130 when interrupted.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.command(options))
    except BlindspotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was predicted is kept", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evalcore", description="See what an accuracy number hides.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
        command.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="cache folder (default: %(default)s)")
        command.add_argument("--json", action="store_true", help="print JSON")
        return command

    default = RunSpec()
    run = add("run", _run, "Predict what is not stored yet, and report.")
    _add_task(run)
    run.add_argument("--model", default=default.model, help="demo, demo-early, majority, tfidf, a hub id or a folder")
    run.add_argument("--prompt", default=default.prompt, help=f"{', '.join(BUILT_IN)}, or a prompt of your own")
    run.add_argument("--n", type=int, default=default.n, help="number of examples (default: %(default)s)")
    run.add_argument("--sample", choices=SAMPLES, default=default.sample)
    run.add_argument("--seed", type=int, default=default.seed)
    run.add_argument("--decoding", choices=get_args(Decoding), default=default.decoding)
    run.add_argument("--engine", choices=get_args(Engine), default=default.engine)
    run.add_argument("--dtype", choices=get_args(Dtype), default=default.dtype)
    run.add_argument("--batch-size", type=int, default=default.batch_size)
    run.add_argument("--max-new-tokens", type=int, default=default.max_new_tokens)
    run.add_argument("--no-baselines", action="store_true", help="do not compare with majority and tfidf")
    _add_scoring(run)

    add("runs", _runs, "List the stored runs.")
    report = add("report", _report, "Report a stored run; no model is called.")
    report.add_argument("run", help="a run's name, as `runs` lists it")
    _add_scoring(report)
    exported = add("export", _export, "Write a stored run's predictions and report into a folder.")
    exported.add_argument("run", help="a run's name, as `runs` lists it")
    exported.add_argument("--out", type=Path, required=True, help="the folder; made if it is missing")
    _add_scoring(exported)
    imported = add("import", _import, "Score a CSV, JSONL or Parquet file of finished predictions.")
    imported.add_argument("file", type=Path)
    imported.add_argument("--labels", type=Path, help="a file with the label list")
    _add_scoring(imported)

    compared = add("compare", _compare, "Hold two stored runs against each other; no model is called.")
    compared.add_argument("a", help="a run's name, as `runs` lists it")
    compared.add_argument("b", help="the run that is held against it")
    _add_scoring(compared)
    sweep = add("sweep", _sweep, "Predict several prompts on one sample, and hold them against each other.")
    _add_task(sweep)
    add_sweep_options(sweep)
    _add_scoring(sweep)

    covered = add("coverage", _coverage, "Simulate how often the intervals hold the truth.")
    covered.add_argument("--datasets", type=int, default=1000, help="simulated data sets (default: %(default)s)")
    add("bench-scores", _bench_scores, "Time the intervals of a comparison against a loop over scikit-learn.")

    prompt = add("prompt", _prompt, "Show the exact prompt of a text; keep, list or remove prompts of your own.")
    _add_task(prompt)
    prompt.add_argument("name", nargs="?", help="a prompt; without one, all are listed")
    prompt.add_argument("--model", default=default.model, help="whose chat template and tokenizer to use")
    prompt.add_argument("--text", help="the text to ask for (default: the first of the sample)")
    prompt.add_argument("--system", help="keep a prompt of this name: its system text, with {labels}")
    prompt.add_argument("--user", default="{text}", help="and its user text, with {text} (default: %(default)s)")
    prompt.add_argument("--remove", action="store_true", help="forget the prompt of this name")
    bench.add_arguments(add("bench", _bench, "Measure the engines against the loop, on this machine."))
    add("work", _work, "Serve the app: take jobs from the cache one after another.")
    return parser


def _add_task(command: argparse.ArgumentParser) -> None:
    command.add_argument("--task", default="demo", help="demo, banking77, a data file, or a folder with test.csv")
    command.add_argument("--text-column", default="", help="guessed when not given")
    command.add_argument("--label-column", default="", help="guessed when not given")
    command.add_argument("--train", default="", help="a data file with training examples")
    command.add_argument("--labels", default="", help="a file with the label list")


def _add_scoring(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scoring", choices=get_args(Scoring), default="lenient")


def _source(options: argparse.Namespace) -> TaskSource:
    return TaskSource(options.task, options.text_column, options.label_column, options.train, options.labels)


def _run(options: argparse.Namespace) -> int:
    from evalcore.running import NotAnswered, Progress, execute, execute_baselines

    store = _store(options)
    spec = RunSpec(
        task=_source(options),
        model=options.model,
        prompt=options.prompt,
        n=options.n,
        sample=options.sample,
        seed=options.seed,
        decoding=options.decoding,
        engine=options.engine,
        max_new_tokens=options.max_new_tokens,
        batch_size=options.batch_size,
        dtype=options.dtype,
    )
    bar = _Bar()

    def on_progress(progress: Progress) -> bool:
        bar.show(progress.phase, progress.done, progress.total)
        return True

    outcome, unanswered = None, None
    try:
        try:
            outcome = execute(spec, store, on_progress=on_progress)
            record = outcome.record
        except NotAnswered as error:
            if not error.answered:
                raise
            record, unanswered = error.record, error
        if not options.no_baselines:
            execute_baselines(spec, store, lambda name: bar.show(f"comparing with {name}", record.n, record.n))
    finally:
        bar.clear()
    status = _print_report(options, store, record.run_id, outcome)
    if unanswered is not None:
        raise unanswered  # after the figures of what was answered
    return status


def _report(options: argparse.Namespace) -> int:
    return _print_report(options, _store(options), options.run)


def _export(options: argparse.Namespace) -> int:
    from evalcore.analysis import score_run
    from evalcore.output import export_run

    store = _store(options)
    written = export_run(store, score_run(store, options.run, options.scoring), options.out)
    print(json.dumps([str(path) for path in written]) if options.json else "\n".join(map(str, written)))
    return 0


def _compare(options: argparse.Namespace) -> int:
    return run_compare(options, _store(options))


def _sweep(options: argparse.Namespace) -> int:
    from evalcore.running import Progress

    bar = _Bar()

    def on_progress(progress: Progress) -> bool:
        bar.show(progress.phase, progress.done, progress.total)
        return True

    try:
        return run_sweep(options, _store(options), _source(options), on_progress)
    finally:
        bar.clear()


def _coverage(options: argparse.Namespace) -> int:
    from evalcore.bench.interval_coverage import coverage, coverage_as_text

    found = coverage(options.datasets)
    print(json.dumps([one.as_json() for one in found], indent=1) if options.json else coverage_as_text(found))
    return 0


def _bench_scores(options: argparse.Namespace) -> int:
    from evalcore.bench.interval_speed import speed, speed_as_text

    found = speed()
    print(json.dumps(vars(found), indent=1) if options.json else speed_as_text(found))
    return 0


def _import(options: argparse.Namespace) -> int:
    from evalcore.store import import_file

    store = _store(options)
    record = import_file(options.file, store, labels=options.labels)
    return _print_report(options, store, record.run_id)


def _print_report(options: argparse.Namespace, store: Any, run_id: str, outcome: Any = None) -> int:
    from evalcore.analysis import score_run
    from evalcore.output import findings_of, report_as_json, report_as_text

    scored = score_run(store, run_id, options.scoring)
    findings = findings_of(store, scored)
    if options.json:
        print(json.dumps(report_as_json(scored, findings, outcome), indent=1, ensure_ascii=False))
    else:
        print(printable(report_as_text(scored, findings, outcome)))
    return 0


def _runs(options: argparse.Namespace) -> int:
    from evalcore.analysis import score_run

    store = _store(options)
    rows = []
    for record in store.runs():
        try:
            scores = score_run(store, record.run_id).scores
        except BlindspotError as error:
            print(error, file=sys.stderr)
            continue
        rows.append(
            {
                "run_id": record.run_id,
                "task": record.task_name,
                "model": record.spec.model,
                "prompt": record.prompt.name,
                "sample": record.spec.sample,
                "n": scores.n,
                "of": record.n,
                "accuracy": scores.accuracy if scores.n else None,
                "macro_f1_present": scores.macro_f1_present if scores.n else None,
                "created": time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created)),
                "seconds": round(record.seconds, 2),
            }
        )
    if options.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    elif not rows:
        print("No runs yet. `python -m evalcore run` makes one of the bundled demo.")
    for row in rows if not options.json else ():
        accuracy = f"{100 * row['accuracy']:5.1f} %" if row["accuracy"] is not None else "     – "
        line = (
            f"{row['run_id']}  {row['created']}  {accuracy}  n {row['n']}/{row['of']}  "
            f"{row['task']} · {row['model']} · {row['prompt']} · {row['sample']}"
        )
        print(printable(line))
    return 0


def _prompt(options: argparse.Namespace) -> int:
    from evalcore.running import find_prompt
    from evalcore.tasks import custom_prompt

    store = _store(options)
    if options.name is None:
        listed = {**DESCRIPTIONS, **dict.fromkeys(store.custom_prompts(), "your own")}
        print(json.dumps(listed, indent=1) if options.json else "\n".join(f"{k:18} {v}" for k, v in listed.items()))
        return 0
    if options.remove:
        store.delete_prompt(options.name)
        return 0
    if options.system is not None:
        store.save_prompt(custom_prompt(options.name, options.system, options.user))
    from evalcore.running import preview
    from evalcore.tasks import draw_sample, load_task

    source = _source(options)
    text = options.text if options.text is not None else draw_sample(load_task(source), 1, "stratified")[0].text
    shown = preview(source, options.model, find_prompt(options.name, store), text, store)
    if options.json:
        print(json.dumps({"prompt": options.name, "text": shown.text, "tokens": shown.tokens}, ensure_ascii=False))
    else:
        print(f"{shown.text}\n--- {shown.tokens} tokens", end="\n")
    return 0


def _bench(options: argparse.Namespace) -> int:
    return bench.main(options, _store(options))


def _work(options: argparse.Namespace) -> int:
    from evalcore.running.worker import main as work

    return work(options.cache)


def _store(options: argparse.Namespace) -> Any:
    from evalcore.store import Store

    store = Store(options.cache)
    if store.notice:
        print(store.notice, file=sys.stderr)
    return store


class _Bar:
    """A progress bar on standard error, where a person can see it."""

    WIDTH = 24

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._started: tuple[float, int] | None = None
        self._said: set[str] = set()

    def show(self, phase: str, done: int, total: int) -> None:
        if not self._shown:
            if phase.startswith("waiting") and phase not in self._said:
                self._said.add(phase)
                print(phase, file=sys.stderr, flush=True)
            return
        full = round(self.WIDTH * done / total) if total else 0
        counts = f" {done}/{total}{self._left(done, total)}" if total else ""
        print(
            f"\r\033[K{'━' * full}{'╌' * (self.WIDTH - full)}{counts}  {phase}",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def _left(self, done: int, total: int) -> str:
        now = time.monotonic()
        if self._started is None:
            self._started = (now, done)
        seconds, predicted = now - self._started[0], done - self._started[1]
        if seconds < 0.5 or not predicted:
            return ""
        rate = predicted / seconds
        return f"  {rate:.1f}/s, {(total - done) / rate:.0f} s left"

    def clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
