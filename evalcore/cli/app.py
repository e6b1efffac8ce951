"""`app`: the app, in a browser; `blindspot` without a command does the same."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from evalcore.cli.options import Commands, add_command
from evalcore.errors import SpecError
from evalcore.paths import APP

LARGEST_PORT = 65535


def add(commands: Commands) -> None:
    """Add the command."""
    text = (
        "Serve the app to this machine until Ctrl-C, and open it in a browser where there is a screen. Streamlit's own"
        " settings are environment variables: STREAMLIT_SERVER_ADDRESS, for example."
    )
    command = add_command(commands, "app", _serve, text)
    command.add_argument("--port", type=int, help="where it listens (default: 8501, or the next that is free)")
    command.add_argument("--no-browser", action="store_true", help="only serve it")


def has_screen() -> bool:
    """Whether a browser that is opened here would be seen."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _serve(options: argparse.Namespace) -> NoReturn:
    """Become Streamlit: it then gets the signals that are sent to this process, as in a container.

    `-P` keeps modules of the folder that this was called in from being imported instead of ours.
    """
    words = [sys.executable, "-P", "-m", "streamlit", "run", str(APP)]
    if options.no_browser or not has_screen():
        words.append("--server.headless=true")
    else:
        words.append("--server.headless=false")
    if options.port is not None:
        if not 1 <= options.port <= LARGEST_PORT:
            raise SpecError(f"{options.port} is no port.", do=f"Choose one from 1024 to {LARGEST_PORT}.")
        words.append(f"--server.port={options.port}")
    sys.stdout.flush()
    os.execve(sys.executable, words, {**os.environ, "BLINDSPOT_CACHE": str(options.cache.resolve())})
