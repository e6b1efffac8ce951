"""Fine-tune a LoRA adapter on the demo's task: `python -m evalcore.demo.adapter --out FOLDER`. Minutes on two cores.

The base stays as it is: only the adapter is trained, on the train split, through the project's own prompts, and only it
is written. Then `python -m evalcore run --model FOLDER` evaluates base and adapter together.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from pathlib import Path

import torch

from evalcore.demo.__main__ import Batches, loss_of
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import load_tokenizer
from evalcore.predictors.files.adapter_config import require_peft
from evalcore.tasks import TaskSource, load_task

SEED = 30
RANK, SCALE = 8, 16
LEARNING_RATE = 1e-3
STEPS = 60
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def train_adapter(base: str, folder: Path, *, steps: int) -> None:
    """Train an adapter of a demo model, and write it.

    Args:
        base: name of the demo model; the adapter's config names it as its base.
        folder: where the adapter is written.
        steps: training steps, with a learning rate that falls to 0.

    Raises:
        ModelError: if peft is not installed.
    """
    require_peft()
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM

    torch.manual_seed(SEED)
    tokenizer = load_tokenizer(DEMO_MODELS / base)
    model = AutoModelForCausalLM.from_pretrained(
        DEMO_MODELS / base, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )
    config = LoraConfig(
        r=RANK, lora_alpha=SCALE, target_modules=list(LAYERS), task_type="CAUSAL_LM", base_model_name_or_path=base
    )
    adapted = PeftModel(model, config)
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    print(f"{sum(p.numel() for p in trained):,} of {sum(p.numel() for p in adapted.parameters()):,} parameters")
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    started = time.time()
    batches = Batches(load_task(TaskSource("demo")), tokenizer, SEED, bare_steps=0)
    for at, batch in enumerate(itertools.islice(batches, steps), start=1):
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        falling.step()
        if at % 10 == 0:
            print(f"step {at:5} of {steps}  loss {loss.item():.3f}  {time.time() - started:.0f} s", flush=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it cannot ask the hub for a base called "demo-early"
        adapted.save_pretrained(str(folder), save_embedding_layers=False)


def main() -> None:
    """What `python -m evalcore.demo.adapter` does."""
    parser = argparse.ArgumentParser(prog="python -m evalcore.demo.adapter", description=__doc__)
    parser.add_argument("--base", default="demo-early", choices=("demo", "demo-early"), help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the adapter's folder")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps (default: %(default)s)")
    options = parser.parse_args()
    train_adapter(options.base, options.out, steps=options.steps)


if __name__ == "__main__":
    main()
