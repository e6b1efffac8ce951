"""Fixtures that tests share: a store of their own, a small task, a predictor that counts its calls."""

from __future__ import annotations

import csv
import json
import os
import shutil

# One thread to a process, here and in those that tests start: the models are tiny, two threads mostly wait for each
# other, and on a machine that is busy they take six times the processor time. Before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest

from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.spec import Identity
from evalcore.tasks.prompt import Messages
from evalcore.tasks.task import Example

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
BANKING77 = Path(os.environ.get("BLINDSPOT_DATA") or SHARED_DATA) / "banking77"
QWEN2_TOKENIZER = Path(os.environ.get("BLINDSPOT_DATA") or SHARED_DATA) / "qwen2-tokenizer"

needs_banking77 = pytest.mark.skipif(
    not (BANKING77 / "test.csv").is_file(), reason="Banking77's files are not beside the project"
)
needs_qwen2_tokenizer = pytest.mark.skipif(
    not (QWEN2_TOKENIZER / "tokenizer.json").is_file(), reason="the Qwen2 tokenizer is not beside the project"
)


COLOURS = ("red", "green", "blue", "dark_blue")


class Toy:
    """A predictor that answers from a table and logs every text it was asked for."""

    def __init__(self, identity: Identity, answers: dict[str, str], batch_size: int = 4) -> None:
        self.identity = identity
        self.metadata: dict[str, str] = {}
        self.batch_size = batch_size
        self.answers = answers
        self.asked: list[str] = []
        self.batches = 0

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        self.batches += 1
        texts = [messages[-1]["content"] for messages in prompts]
        self.asked += texts
        return [Completion(self.answers.get(text, "red"), (1, 2), 7, "eos", 1.5) for text in texts]


@pytest.hookimpl(tryfirst=True)  # before the tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens a page goes through a browser: it is marked so, and skipped where there is none."""
    through_a_browser = [item for item in items if "any_page" in getattr(item, "fixturenames", ())]
    if through_a_browser:
        from tests.tools.browser import CHROMIUM

        missing = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")
        for item in through_a_browser:
            item.add_marker("browser")
            item.add_marker(missing)


@pytest.fixture(scope="module")
def any_page():
    """Opens a page of one browser a module: `any_page(width, height, scheme)`."""
    from tests.tools.browser import browsing

    with browsing() as open_page:
        yield open_page


@pytest.fixture
def new_page(any_page):
    """The same; what a test has opened is closed when it ends."""
    pages = []

    def make(*size, **how):
        pages.append(any_page(*size, **how))
        return pages[-1]

    yield make
    for page in pages:
        page.context.close()


@pytest.fixture(scope="session")
def demo_reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What `run --json` prints for the demo's two models, predicted once for all tests, stored in `demo_cache`."""
    from tests.tools.command_line import evalcore

    cache = tmp_path_factory.getbasetemp() / "demo_cache"
    return {
        model: json.loads(evalcore("run", "--model", model, "--json", cache=cache).stdout)
        for model in ("demo", "demo-early")
    }


@pytest.fixture(scope="module")
def demo_cache(demo_reports: dict[str, dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of the module's own that holds both runs of the demo."""
    predicted = tmp_path_factory.getbasetemp() / "demo_cache"
    return Path(shutil.copytree(predicted, tmp_path_factory.mktemp("demo") / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def write_csv(path: Path, rows: list[Example]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        writer.writerows([[row.text, row.label] for row in rows])
    return path


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A task folder: 40 test and 12 train examples of 4 labels, supports 16, 12, 8 and 4, sorted by label."""
    folder = tmp_path / "colours"
    test = [
        Example(f"{label} thing {number}", label)
        for label, support in zip(COLOURS, (16, 12, 8, 4), strict=True)
        for number in range(support)
    ]
    train = [Example(f"a {label} toy {number}", label) for label in COLOURS for number in range(3)]
    write_csv(folder / "test.csv", test)
    write_csv(folder / "train.csv", train)
    return folder
