"""Run other tools, lm-evaluation-harness and Inspect on the demo model, and keep small files that they wrote.

    python -m tests.tools.tool_logs lm-eval inspect
    python -m tests.tools.tool_logs promptfoo langsmith  # with npx, and with `pip install langsmith` elsewhere

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

ROOT = Path(__file__).resolve().parents[2]
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
        if kept != "results":
            (KEPT / "lm-eval" / f"{kept}{path.suffix}").write_text(scrubbed(path.read_text(), folder))
            continue
        results = json.loads(path.read_text())  # without what it says of the machine
        few = {key: results[key] for key in ("results", "n-shot", "higher_is_better", "lm_eval_version")}
        (KEPT / "lm-eval" / "results.json").write_text(json.dumps({**few, "configs": {}}, indent=1))


def inspect(folder: Path) -> None:
    """Write a log in each of Inspect's two formats: one with two epochs and all samples, and a short one."""
    for format_, epochs, count in (("eval", 2, EXAMPLES), ("json", 1, 4)):
        logs = folder / format_
        subprocess.run(
            [
                sys.executable, "-m", "tests.tools.tool_logs", "--inspect-here", str(logs), format_, str(epochs),
                str(count),
            ],
            check=True, cwd=ROOT, env={**os.environ, **_OFFLINE},
        )  # fmt: skip
        (log,) = logs.iterdir()
        shutil.copy(log, KEPT / "inspect" / f"intents.{format_}")


def inspect_here(folder: str, format_: str, epochs: str, count: str) -> None:
    """The evaluation itself, in a process of its own. The model's path is relative: the log has it."""
    from inspect_ai import Task, eval, task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import exact
    from inspect_ai.solver import generate, system_message

    system = Renderer(load_task(TaskSource("demo")), built_in("article")).messages("")[0]["content"]
    samples = [Sample(input=t, target=g, id=i) for i, (t, g) in enumerate(demo_rows()[: int(count)], start=1)]

    @task
    def intents() -> Task:
        return Task(MemoryDataset(samples, name="demo"), solver=[system_message(system), generate()], scorer=exact())

    path = str(MODEL.relative_to(ROOT))
    model = get_model("hf/demo", model_path=path, device="cpu", do_sample=False)
    eval(intents(), model=model, log_dir=folder, log_format=format_, epochs=int(epochs), max_tokens=16, display="none")


def promptfoo(folder: Path) -> None:
    """Write the results of two prompts as JSON, JSON lines and CSV; one of the answers is an error."""
    (folder / "answer.py").write_text(
        "import sys\n"
        "asked = sys.argv[1].lower()\n"
        "if 'signal' in asked and 'name' in asked: sys.exit('no answer')\n"
        "print('bill_too_high' if 'bill' in asked else 'refund_status', end='')\n"
    )
    tests = [
        {"vars": {"text": t, "label": g}, "assert": [{"type": "equals", "value": "{{label}}"}]}
        for t, g in demo_rows()[:12]
    ]
    tests.append({"vars": {"text": "no signal here", "label": "mobile_no_signal"}, "assert": []})
    config = {
        "description": "Intents",
        "prompts": ["Which intent? {{text}}", "Name the intent of: {{text}}"],
        "providers": [{"id": "exec:python3 ./answer.py", "label": "rules"}],
        "tests": tests,
    }
    (folder / "promptfooconfig.json").write_text(json.dumps(config))
    quiet = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder / "c"),
    }
    outputs = [part for ending in ("json", "jsonl", "csv") for part in ("-o", f"out.{ending}")]
    command = os.environ.get("PROMPTFOO", "npx --yes promptfoo@0.121.20").split()
    subprocess.run(
        [*command, "eval", "-c", "promptfooconfig.json", *outputs, "--no-cache", "--no-table"],
        check=False, cwd=folder, env={**os.environ, **quiet, "PROMPTFOO_CONFIG_DIR": str(folder / "config")},
    )  # fmt: skip
    for path in folder.glob("out.*"):
        (KEPT / "promptfoo" / path.name).write_text(scrubbed(path.read_text(), folder))


def langsmith(folder: Path) -> None:
    """Write the table of an experiment as `ExperimentResults.to_pandas` gives it. Nothing is uploaded."""
    import datetime
    import uuid

    os.environ |= {
        "LANGSMITH_TRACING": "false",
        "LANGSMITH_API_KEY": "none",
        "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
    }
    from langsmith import evaluate
    from langsmith.schemas import Example

    now, dataset = datetime.datetime.now(datetime.UTC), uuid.uuid4()
    examples = [
        Example(
            id=uuid.uuid4(),
            dataset_id=dataset,
            inputs={"text": t},
            outputs={"label": g},
            created_at=now,
            modified_at=now,
        )
        for t, g in demo_rows()[:12]
    ]

    def rules(inputs: dict[str, str]) -> dict[str, str]:
        if "refund" in inputs["text"]:
            raise ValueError("no answer")
        return {"intent": "bill_too_high" if "bill" in inputs["text"].lower() else "refund_status"}

    def right(outputs: dict[str, str], reference_outputs: dict[str, str]) -> bool:
        return outputs.get("intent") == reference_outputs["label"]

    results = evaluate(rules, data=examples, evaluators=[right], upload_results=False, experiment_prefix="rules")
    table = results.to_pandas()
    table["error"] = [str(error).splitlines()[0] if isinstance(error, str) else error for error in table["error"]]
    table.to_csv(KEPT / "langsmith" / "experiment.csv", index=False)


def scrubbed(text: str, folder: Path) -> str:
    """Without the paths of this machine."""
    for path, instead in ((folder, "/tmp/task"), (MODEL, "demo"), (ROOT, "/tmp/blindspot")):
        text = text.replace(str(path), instead).replace(str(path).replace("/", "__"), instead.replace("/", "__"))
    return text


TOOLS: dict[str, Callable[[Path], None]] = {
    "lm-eval": lm_eval, "inspect": inspect, "promptfoo": promptfoo, "langsmith": langsmith,
}  # fmt: skip

if __name__ == "__main__":
    if sys.argv[1:2] == ["--inspect-here"]:
        inspect_here(*sys.argv[2:])
        sys.exit()
    for asked in sys.argv[1:]:
        (KEPT / asked).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as made:
            TOOLS[asked](Path(made))
