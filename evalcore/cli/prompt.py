"""`prompt`: the exact prompt of a text; prompts of one's own."""

from __future__ import annotations

import argparse
import json

from evalcore.cli.options import Commands, add_command, add_spec, add_task, open_store, print_json, task_of
from evalcore.running import find_prompt, preview
from evalcore.store import Store
from evalcore.tasks import DESCRIPTIONS, custom_prompt, draw_sample, load_task
from evalcore.wording import counted


def add(commands: Commands) -> None:
    """Add the command."""
    text = "Show the exact prompt of a text; keep, list or remove prompts of your own."
    command = add_command(commands, "prompt", _prompt, text)
    add_task(command)
    command.add_argument("name", nargs="?", help="a prompt; without one, all are listed")
    add_spec(command, ("model",))
    command.add_argument("--text", help="the text to ask for (default: the first of the sample)")
    command.add_argument("--system", help="keep a prompt of this name: its system text, with {labels}")
    command.add_argument("--user", default="{text}", help="and its user text, with {text} (default: %(default)s)")
    command.add_argument("--remove", action="store_true", help="delete the prompt of this name")


def _prompt(options: argparse.Namespace) -> int:
    store = open_store(options)
    if options.name is None:
        return _list(options, store)
    if options.remove:
        store.delete_prompt(options.name)
        return 0
    if options.system is not None:
        store.save_prompt(custom_prompt(options.name, options.system, options.user))
    return _show(options, store)


def _list(options: argparse.Namespace, store: Store) -> int:
    listed = {**DESCRIPTIONS, **dict.fromkeys(store.custom_prompts(), "your own")}
    if options.json:
        print_json(listed, ascii_only=True)
    else:
        print("\n".join(f"{name:18} {description}" for name, description in listed.items()))
    return 0


def _show(options: argparse.Namespace, store: Store) -> int:
    task = task_of(options)
    text = options.text
    if text is None:
        text = draw_sample(load_task(task, store.folder), 1, "stratified")[0].text
    shown = preview(task, options.model, find_prompt(options.name, store), text, store)
    if options.json:
        print(json.dumps({"prompt": options.name, "text": shown.text, "tokens": shown.tokens}, ensure_ascii=False))
    else:
        print(f"{shown.text}\n--- {counted(shown.tokens, 'token')}")
    return 0
