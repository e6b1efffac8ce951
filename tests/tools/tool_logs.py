"""Run lm-evaluation-harness and Inspect on the demo model, and keep small logs that they wrote.

    python -m tests.tools.tool_logs lm-eval inspect

writes to `tests/importing/recorded/`. Nothing of this machine stays in what is kept: paths, names and addresses are
taken out, and figures are left as they were written.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from evalcore.tasks import Renderer, TaskSource, built_in, load_task
from tests.conftest import ROOT

KEPT = ROOT / "tests" / "importing" / "recorded"
MODEL = ROOT / "evalcore" / "demo" / "models" / "demo"
EXAMPLES = 24
_OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


def demo_rows() -> list[tuple[str, str]]:
    """Every so many of the demo's examples, so that most labels occur."""
    test = load_task(TaskSource("demo")).test
    return [(one.text, one.label) for one in test[:: len(test) // EXAMPLES]][:EXAMPLES]


def lm_eval(folder: Path) -> None:
    """Write `samples_*.jsonl` and `results_*.json` of a task of each kind of output."""
    task = load_task(TaskSource("demo"))
    system = Renderer(task, built_in("article")).messages("")[0]["content"]
    data = folder / "demo.jsonl"
    data.write_text("".join(json.dumps({"text": t, "label": g, "choices": task.labels}) + "\n" for t, g in demo_rows()))
    shared = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "description": system,
        "doc_to_text": "{{text}}",
        "num_fewshot": 0,
    }
    written = {
        "intents_written": {
            **shared,
            "output_type": "generate_until",
            "doc_to_target": "{{label}}",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 16, "do_sample": False},
            "filter_list": [
                {"name": "none", "filter": [{"function": "take_first"}]},
                {
                    "name": "first-word",
                    "filter": [
                        {"function": "regex", "regex_pattern": "([a-z]+)", "fallback": "[invalid]"},
                        {"function": "take_first"},
                    ],
                },
            ],
            "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        },
        "intents_chosen": {
            **shared,
            "description": "",
            "output_type": "multiple_choice",
            "doc_to_choice": "{{choices}}",
            "doc_to_target": "{{choices.index(label)}}",
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        },
    }
    for name, config in written.items():
        (folder / f"{name}.yaml").write_text(json.dumps({"task": name, **config}))  # JSON is YAML
    subprocess.run(
        [
            sys.executable, "-m", "lm_eval", "run", "--model", "hf", "--model_args",
            f"pretrained={MODEL},dtype=float32", "--device", "cpu", "--batch_size", "8",
            "--tasks", ",".join(written), "--include_path", str(folder), "--apply_chat_template", "--log_samples",
            "--output_path", str(folder / "out"),
        ],
        check=True, cwd=folder, env={**os.environ, **_OFFLINE, "HF_HOME": str(folder / "hub")},
    )  # fmt: skip
    for path in sorted((folder / "out").rglob("*.json*")):
        # What the harness adds to a file's name is the time.
        kept = path.stem.rsplit("_", 1)[0] if path.name.startswith("samples") else "results"
        (KEPT / "lm-eval" / f"{kept}{path.suffix}").write_text(scrubbed(path.read_text(), folder))


def inspect(folder: Path) -> None:
    """Write one log in each of Inspect's two formats, with two epochs."""
    for format_ in ("eval", "json"):
        logs = folder / format_
        subprocess.run(
            [sys.executable, "-m", "tests.tools.tool_logs", "--inspect-here", str(logs), format_],
            check=True, cwd=ROOT, env={**os.environ, **_OFFLINE, "INSPECT_LOG_FORMAT": format_},
        )  # fmt: skip
        (log,) = logs.iterdir()
        shutil.copy(log, KEPT / "inspect" / f"intents.{format_}")


def inspect_here(folder: Path, format_: str) -> None:
    """The evaluation itself, in a process of its own."""
    from inspect_ai import Task, eval, task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import exact
    from inspect_ai.solver import generate, system_message

    labels = load_task(TaskSource("demo"))
    system = Renderer(labels, built_in("article")).messages("")[0]["content"]
    samples = [Sample(input=t, target=g, id=i) for i, (t, g) in enumerate(demo_rows()[:12], start=1)]

    @task
    def intents() -> Task:
        return Task(MemoryDataset(samples, name="demo"), solver=[system_message(system), generate()], scorer=exact())

    model = get_model("hf/demo", model_path=str(MODEL), device="cpu", do_sample=False)
    eval(
        intents(), model=model, log_dir=str(folder), log_format=format_, epochs=2, max_tokens=16, display="none",
        temperature=0.0,
    )  # fmt: skip


def scrubbed(text: str, folder: Path) -> str:
    """Without the paths of this machine."""
    for path, instead in ((folder, "/tmp/task"), (MODEL, "demo"), (ROOT, "/tmp/blindspot")):
        text = text.replace(str(path), instead).replace(str(path).replace("/", "__"), instead.replace("/", "__"))
    return text


TOOLS: dict[str, Callable[[Path], None]] = {"lm-eval": lm_eval, "inspect": inspect}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--inspect-here"]:
        inspect_here(Path(sys.argv[2]), sys.argv[3])
        sys.exit()
    for asked in sys.argv[1:]:
        (KEPT / asked).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as made:
            TOOLS[asked](Path(made))
