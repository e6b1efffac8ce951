"""A run in a process of its own, for tests that kill it: `python -m tests.tools.toy_run CACHE SPEC LOG DELAY_S`.

A command of its own rather than multiprocessing: Streamlit's test runner leaves `app.py` behind as `__main__`, which
a spawned child would import instead of the test.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from tests.conftest import Toy
from tests.tools.processes import started


def start(folder: Path, spec: RunSpec, log: Path, delay_s: float) -> subprocess.Popen[bytes]:
    """Begin the run; each text that its toy predictor is asked for becomes a line of `log`."""
    return started("-m", "tests.tools.toy_run", folder, spec.to_json(), log, delay_s)


def main(folder: str, spec: str, log: str, delay_s: str) -> None:
    class Slow(Toy):
        def predict(self, prompts):
            time.sleep(float(delay_s))
            with open(log, "a") as stream:
                stream.writelines(f"{message[-1]['content']}\n" for message in prompts)
            return super().predict(prompts)

    execute(RunSpec.from_json(spec), Store(Path(folder)), loader=lambda handle, on_phase: Slow(handle.identity, {}))


if __name__ == "__main__":
    main(*sys.argv[1:])
