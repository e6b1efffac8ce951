"""A real server against the engine here, example by example: `python -m tests.tools.real_server URL#MODEL`.

Both have the same weights. What they answer to the same prompts is compared with each decoding that is asked for:
completions, and log-probabilities where there are any. Not a part of the suite: it needs a server. `--record` writes
down each request and reply, with which tests/predictors/test_server_label_scores.py answers again; `--without` plays a
server that does not know a path or a field.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalcore.analysis.scored_run import score_run
from evalcore.errors import BlindspotError
from evalcore.predictors.servers import asking
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource

SHOWN = 5


@dataclass(frozen=True)
class Comparison:
    """What a server and the engine here answered to the same prompts.

    Attributes:
        n: prompts. same: of these, the completions that are equal.
        differing: prompts and both completions of the others.
        largest: difference of a label's log-probability; NaN where the server told none.
        told: log-probabilities that the server told, of how many.
        facts: what was learnt of the server.
    """

    n: int
    same: int
    differing: list[tuple[str, str, str]]
    largest: float
    told: tuple[int, int]
    facts: dict[str, str]


def compare(spec: RunSpec, local: str, store: Store) -> Comparison:
    """Run a spec of a server, and the same with a model on this machine in float32, and compare.

    A server's `constrained` answers are compared with free ones here.
    """
    decoding = "plain" if spec.decoding == "constrained" else spec.decoding
    here = execute(replace(spec, model=local, decoding=decoding, dtype="float32", device="cpu"), store).record
    there = execute(spec, store).record
    pairs = list(zip(*(score_run(store, run.run_id).answers for run in (here, there)), strict=True))
    differing = [(a.example.text, a.completion.text, b.completion.text) for a, b in pairs
                 if a.completion.text != b.completion.text]  # fmt: skip
    gaps = [a.completion.logprobs - b.completion.logprobs for a, b in pairs if len(b.completion.logprobs)]
    gap = np.abs(np.concatenate(gaps)) if gaps and spec.decoding != "constrained" else np.full(1, np.nan)
    told = int(np.isfinite(gap).sum())
    largest = float(np.nanmax(gap)) if told else float("nan")
    return Comparison(
        len(pairs), len(pairs) - len(differing), differing, largest, (told, len(gap)), store.run(there.run_id).metadata
    )


@contextmanager
def recording(into: Path, without: Sequence[str] = ()) -> Iterator[None]:
    """Write down what is posted in the block, and each reply; paths and fields named in `without` are refused."""
    heard: list[dict[str, object]] = []
    request = asking.request

    async def listening(method, url, path, body, timeout_s):
        if any(name in path or name in (body or {}) for name in without):
            raise asking.RequestError("the server answered 404", again=False, status=404)
        if method != "POST":
            return await request(method, url, path, body, timeout_s)
        try:
            reply = await request(method, url, path, body, timeout_s)
        except asking.RequestError as error:
            heard.append({"path": path, "body": body, "status": error.status, "reply": error.reply})
            raise
        heard.append({"path": path, "body": body, "status": 200, "reply": json.loads(reply)})
        return reply

    asking.request = listening
    try:
        yield
    finally:
        asking.request = request
        into.write_text(
            json.dumps(heard, ensure_ascii=True, separators=(",", ":")).replace('{"path"', '\n{"path"') + "\n"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="A real server against the engine here, example by example.")
    parser.add_argument("server", help="http://HOST:PORT/v1#MODEL")
    parser.add_argument("--local", default="demo", help="the same weights here (default: %(default)s)")
    parser.add_argument("--task", default="demo")
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--prompts", nargs="+", default=["article"])
    parser.add_argument("--decodings", nargs="+", default=["plain", "as-shipped", "constrained", "choose"])
    parser.add_argument("--without", nargs="+", default=[], help="paths and fields that the server is not to know")
    parser.add_argument("--record", type=Path, help="a file for all requests and replies")
    options = parser.parse_args()
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        recording(options.record or Path(folder) / "heard.json", options.without),
    ):
        store = Store(Path(folder) / "cache")
        for prompt in options.prompts:
            for decoding in options.decodings:
                spec = RunSpec(TaskSource(options.task), options.server, prompt, options.n, decoding=decoding)
                print(f"{prompt}, {decoding}: ", end="", flush=True)
                try:
                    found = compare(spec, options.local, store)
                except BlindspotError as error:
                    print(error)
                    continue
                told, of = found.told
                scores = f"; log-probabilities {told} of {of}, differing by {found.largest:.1e} at most" if told else ""
                print(f"{found.same} of {found.n} completions equal{scores}")
                for text, here, there in found.differing[:SHOWN]:
                    print(f"  {text[:60]!r}: here {here!r}, there {there!r}")
                wrong += found.n - found.same
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
