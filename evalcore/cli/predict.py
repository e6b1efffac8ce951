"""`predict`: what a model answers to texts that belong to no run."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalcore.cli.main import INTERRUPTED
from evalcore.cli.options import Commands, add_command, add_spec, add_task, open_store, spec_of, task_of
from evalcore.errors import DataError, SpecError, printable
from evalcore.running import AskedModel, LiveAnswer, LiveRequest, answer, askable
from evalcore.store import RunSpec, Store
from evalcore.tasks import BUILT_IN, parse_lines, read_texts
from evalcore.wording import counted, percent

SHOWN = 5
"""Labels whose probabilities are printed."""


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Answer texts that belong to no run: the label, the completion, and the probability of every label."
    command = add_command(commands, "predict", _predict, text)
    command.add_argument("text", nargs="?", help="the text to classify")
    command.add_argument(
        "--file",
        help="answer all texts of a file, as JSON lines: one text a line (`-`: of the standard input), or a column of a"
        " CSV, TSV, JSONL or Parquet file",
    )
    command.add_argument("--column", default="", help="of that file; guessed when not given")
    add_task(command)
    command.add_argument("--prompt", default=RunSpec().prompt, help=f"{', '.join(BUILT_IN)}, or a prompt of your own")
    add_spec(command, ("model", "decoding", "engine", "max_new_tokens", "batch_size", "dtype", "device", "labels_by"))


def _predict(options: argparse.Namespace) -> int:
    if (options.text is None) == (options.file is None):
        what = "there is no text to answer." if options.file is None else "there is a text and a file."
        raise SpecError(what, do="Give a text in quotation marks, or --file with a file of texts.")
    spec = spec_of(options, task_of(options))
    with _store(options) as store:
        if options.file is not None:
            return _answer_file(options, spec, store)
        found = answer(LiveRequest(spec, options.text), store, on_phase=_say)
    _say("")
    print(_as_json(found) if options.json else _in_words(found))
    return 0


def _answer_file(options: argparse.Namespace, spec: RunSpec, store: Store) -> int:
    """Print one line of JSON for each text, batch by batch as they are answered.

    Returns:
        The exit status.
    """
    if options.file == "-":
        texts = parse_lines("the standard input", sys.stdin.buffer.read())
    else:
        texts = read_texts(Path(options.file), options.column)
    model = AskedModel(spec, store, on_phase=_say)
    _say("")
    done = 0
    try:
        while done < len(texts):
            answers = _answers(model, texts[done : done + model.batch_size])
            print("\n".join(map(_as_json, answers)), flush=True)
            done += len(answers)
    except KeyboardInterrupt:
        print(f"\nstopped; {done} of {counted(len(texts), 'text')} are answered above", file=sys.stderr)
        return INTERRUPTED
    return 0


def _answers(model: AskedModel, texts: list[str]) -> list[LiveAnswer]:
    """The answers to a batch, in order; a text that cannot be asked has none, and says why."""
    found: list[LiveAnswer | None] = []
    ready: list[str] = []
    for text in texts:
        try:
            ready.append(askable(text)[0])
            found.append(None)
        except DataError as error:
            found.append(LiveAnswer(text, None, notes=(str(error),)))
    answers = iter(model.answers(ready) if ready else [])
    return [one or next(answers) for one in found]


@contextmanager
def _store(options: argparse.Namespace) -> Iterator[Store]:
    """The cache folder if there is one, for the prompts of one's own that it holds; otherwise none is made."""
    if options.cache.is_dir():
        yield open_store(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Store(Path(folder))


def _say(phase: str) -> None:
    """On a terminal, what is being done; an empty text takes it away."""
    if sys.stderr.isatty():
        print(f"\r\033[K{printable(phase)}", end="", file=sys.stderr, flush=True)


def _as_json(found: LiveAnswer) -> str:
    fields: dict[str, Any] = {
        "text": found.text,
        "label": found.label,
        "completion": found.completion,
        "probabilities": found.probabilities,
        "prompt_tokens": found.prompt_tokens,
        "seconds": round(found.seconds, 4),
    }
    return json.dumps(fields | ({"notes": found.notes} if found.notes else {}))


def _in_words(found: LiveAnswer) -> str:
    known = [(share, label) for label, share in found.probabilities.items() if share is not None]
    best = sorted(known, key=lambda pair: -pair[0])[:SHOWN]
    lines = [found.label or "no label"]
    lines += [f"  {percent(share):>8}  {label}" for share, label in best]
    if not best:
        lines.append(f"  no probabilities: {found.why_no_probabilities}")
    tokens = f"{counted(found.prompt_tokens, 'prompt token')}, " if found.prompt_tokens else ""
    lines += [f"completion: {found.completion!r} ({found.match})", f"{tokens}{found.seconds:.2f} s", *found.notes]
    return "\n".join(printable(line) for line in lines)
