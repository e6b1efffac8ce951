"""The web side (F8, F41 to F48): who may connect, what data can do to a page, what sessions see of each other."""

import ast
import json
import os
import random
import signal
import socket
import stat
import tomllib
from dataclasses import asdict

import pyarrow
import pytest
from playwright.sync_api import sync_playwright
from streamlit.testing.v1 import AppTest

from evalcore.analysis.scored_run import score_run
from evalcore.running import worker
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.store.usage import Usage
from evalcore.tasks.task import Example, TaskSource
from pages.parts.shell.frame import PAGES
from pages.parts.shell.serving import same_origin
from pages.parts.shell.session import ViewState
from tests.app.clicking import change
from tests.conftest import ROOT, Toy, write_csv
from tests.tools.browser import CHROMIUM, PATIENCE_MS, PAYLOADS, QUIET, serving, settled
from tests.tools.chat_server import serving_chat
from tests.tools.processes import PATIENCE_S, wait_until
from tests.tools.runs import import_bytes

PATHS = [path for path, *_ in PAGES]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "evalcore").rglob("*.py"))]
browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served") / "cache") as running:
        yield running


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "allowedHosts", ["localhost", "127.0.0.1", "::1"]),
        ("client", "showErrorDetails", "none"),
        ("client", "disableDataExport", True),
        ("browser", "gatherUsageStats", False),
    ],
)
def test_the_configuration_is_the_safe_one(section, name, value):
    """F41, F46. Red with the line taken out of config.toml."""
    assert CONFIG[section][name] == value


def test_nothing_that_protects_is_switched_off():
    """F41. Red with either set to false."""
    assert CONFIG["server"].get("enableXsrfProtection", True) is True
    assert CONFIG["server"].get("enableCORS", True) is True
    assert 0 < CONFIG["server"]["maxUploadSize"] <= 50


def listening(port):
    """Addresses that listen on a port, as the kernel writes them."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as stream:
            fields = [line.split() for line in stream.readlines()[1:]]
        found += [line[1] for line in fields if line[3] == "0A" and int(line[1].rpartition(":")[2], 16) == port]
    return found


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="no /proc/net here")
def test_the_app_listens_on_this_machine_only(served):
    """F41. Red with Streamlit's default: 0.0.0.0 and ::."""
    assert listening(served.port) == [f"0100007F:{served.port:04X}"]


def upgrade(port, **headers):
    """The status with which the app answers a WebSocket."""
    lines = {
        "Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers,
    }  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_MS / 1000) as connection:
        request = "GET /_stcore/stream HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"{request}\r\n".encode())
        return int(connection.recv(4096).split()[1])


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({}, True),
        ({"Origin": "http://127.0.0.1:{port}"}, True),
        ({"Origin": "http://localhost:{port}"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://127.0.0.1.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Host": "evil.example"}, False),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, False),
        ({"Host": "localhost:{port}", "Origin": "http://localhost:{port}"}, True),
        ({"Host": "[::1]:{port}", "Origin": "http://[::1]:{port}"}, True),
        ({"Origin": "http://127.0.0.1:9999"}, False),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "http://0.0.0.0:9999"}, False),
        ({"Origin": "https://localhost"}, False),
        ({"Host": "localhost:{port}", "Origin": "http://localhost"}, False),
        ({"Host": "[::1]:{port}", "Origin": "http://[::1]:9999"}, False),
        ({"Origin": "http://localhost:9999", "X-Forwarded-Host": "localhost:9999"}, False),
        ({"Origin": "http://localhost:9999", "Forwarded": "host=localhost:9999"}, False),
    ],
)
def test_a_page_of_another_origin_cannot_connect(served, headers, accepted):
    """F41. Red with enableCORS = false (origin), without allowedHosts (DNS rebinding), or with hosts compared and
    ports not: any page of this machine could read the app and work it."""
    filled = {name: value.format(port=served.port) for name, value in headers.items()}
    assert (upgrade(served.port, **filled) == 101) is accepted


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://app.example.com", "app.example.com", True),  # a proxy that ends TLS and hands on the Host header
        ("https://app.example.com:8443", "app.example.com:8443", True),
        ("https://app.example.com", "127.0.0.1:8501", False),  # one that does not
        ("http://LOCALHOST:8501", "localhost:8501", True),
        ("http://localhost", "localhost:80", True),
        ("http://localhost:8501@evil.example", "localhost:8501", False),
        ("http://localhost:port", "localhost:8501", False),
        ("http://localhost:8501", "localhost:port", False),
        ("http://[::1", "[::1", False),
        ("file://", "", False),
        ("null", "null", False),
        ("", "", False),
    ],
)
def test_an_origin_is_the_apps_own_if_host_and_port_are(origin, host, same):
    """F41. Red with the port left out, or with a name at the beginning taken for the host."""
    assert same_origin(origin, host) is same


@pytest.mark.browser
@browser
def test_a_page_of_another_port_gets_nothing_in_a_browser(served, chat_page, chromium):
    """F41. Red while the browser's own Origin header of a page beside the app was taken for the app's."""
    page = chromium.new_context().new_page()
    page.goto(chat_page)
    opened = """url => new Promise(done => {
        const socket = new WebSocket(url)
        socket.onopen = () => done("open")
        socket.onerror = () => done("refused")
    })"""
    for host in ("127.0.0.1", "localhost"):
        assert page.evaluate(opened, f"ws://{host}:{served.port}/_stcore/stream") == "refused"
    page.goto(served.url)
    assert page.evaluate(opened, f"ws://127.0.0.1:{served.port}/_stcore/stream") == "open"
    page.context.close()


@pytest.fixture
def chat_page():
    """A page on another port of this machine."""
    with serving_chat() as chat:
        chat.models = (200, {"Content-Type": "text/html"}, b"<html>a page of somebody else</html>")
        yield f"{chat.url}/models"


FORBIDDEN_ATTRIBUTES = {"html", "components", "to_html", "unsafe_allow_html", "iframe"}
FORBIDDEN_MODULES = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve", "diskcache", "yaml"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_runs_unpickles_or_draws_what_data_says(path):
    """F42. Red with any of them written anywhere in the program."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {name.partition(".")[0] for name in names} & FORBIDDEN_MODULES
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            assert not (isinstance(node.func, ast.Name) and called in {"eval", "exec", "compile", "__import__"})
            # What is drawn there is constant: see `test_the_markup_that_is_drawn_is_constant_and_loads_nothing`.
            may_draw = {"html", "unsafe_allow_javascript"} if path.name == "page_style.py" else set()
            assert called not in ({"system", "popen"} | FORBIDDEN_ATTRIBUTES) - may_draw
            for keyword in node.keywords:
                assert (
                    keyword.arg not in {"unsafe_allow_html", "unsafe_allow_javascript", "trust_remote_code"} - may_draw
                )
                assert not (keyword.arg == "shell" and getattr(keyword.value, "value", None) is not False)
                assert not (keyword.arg == "persist" and getattr(keyword.value, "value", None) == "disk")


TAKES_MARKDOWN = {
    "markdown", "write", "caption", "info", "error", "warning", "success", "toast", "title", "header", "subheader",
    "button", "page_link", "metric", "progress", "expander", "popover", "checkbox", "toggle",
}  # fmt: skip
HOLDS_DATA = {
    "text", "label", "name", "origin", "sentence", "meaning", "result", "phase", "task_name", "model", "sample",
    "notice", "predicted", "what", "where", "do", "system", "user",
}  # fmt: skip
MAKES_PLAIN = {"escape_markdown", "message_markdown", "percent", "between", "len"}


def unescaped(node):
    """Parts of an expression that hold data and do not go through `plain`."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in MAKES_PLAIN:
        return
    if isinstance(node, ast.Attribute) and node.attr in HOLDS_DATA:
        yield ast.unparse(node)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"str", "repr"}:
        yield ast.unparse(node)
    if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
        yield ast.unparse(node)
    tested = {id(node.test)} if isinstance(node, ast.IfExp) else set()  # what is only asked for is not shown
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda) and id(child) not in tested and not isinstance(child, ast.Compare):
            yield from unescaped(child)


@pytest.mark.parametrize("path", [p for p in SOURCES if "evalcore" not in p.parts], ids=lambda path: path.name)
def test_what_takes_markdown_is_given_literals_or_plain_text(path):
    """F42. Red with `st.error(str(error))`, or a label in an f-string that has not gone through `plain`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES_MARKDOWN:
            shown = [*node.args[:3], *(k.value for k in node.keywords if k.arg in ("label", "body", "text", "help"))]
            assert not [part for argument in shown for part in unescaped(argument)], ast.unparse(node)


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield launched
        launched.close()


@pytest.mark.browser
@browser
def test_hostile_data_looks_as_typed_on_every_page_and_nothing_leaves_the_server(tmp_path, chromium):
    """F43, F34. Red with a label in a Markdown place that has not gone through `plain`."""
    rows = [
        (f"{p} {i}", p, PAYLOADS[(at + i) % 6] if i else f"so: {p}") for at, p in enumerate(PAYLOADS) for i in range(4)
    ]
    lines = [json.dumps(dict(zip(("text", "label", "completion"), row, strict=True))) for row in rows]
    cache = tmp_path / "cache"
    name = "<img src=x onerror=alert(1)> $a$ $b$ :red[x].jsonl"
    imported = import_bytes(name, "\n".join(lines).encode(), Store(cache))
    test = write_csv(tmp_path / "test.csv", [Example(text, label) for text, label, _ in rows])
    answers = {text: completion for text, _, completion in rows}
    spec = RunSpec(TaskSource(str(test), train=str(test)), "majority", n=len(rows))
    asked = execute(spec, Store(cache), loader=lambda i, on_phase: Toy(i.identity, answers)).record
    left, dialogs, typed = [], [], set()
    with serving(cache) as server:
        page = chromium.new_context(viewport={"width": 1440, "height": 1200}).new_page()
        ours = (server.url, "data:", "blob:", f"ws://127.0.0.1:{server.port}")
        page.on("request", lambda request: request.url.startswith(ours) or left.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in PATHS:
            for run in (imported, asked):
                address = "" if path == "app.py" else path.removeprefix("pages/").removesuffix(".py")
                page.goto(f"{server.url}/{address}?run={run.run_id}")
                settled(page)
                body = page.locator("[data-testid=stApp]")
                typed |= {payload for payload in PAYLOADS if payload in body.inner_text()}
                assert page.locator("[data-testid=stException]").count() == 0
                assert page.locator(".katex, [data-testid=stApp] img[src=x], [src*='127.0.0.1:9']").count() == 0
                assert page.locator("a[href^='javascript:']").count() == 0
        page.context.close()
    assert (left, dialogs) == ([], [])
    assert len(typed) >= 3


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    from evalcore.running import prompt_preview
    from pages.parts.run import progress
    from pages.parts.run import prompt_preview as preview_widget
    from pages.parts.shell import frame
    from pages.parts.shell import session as state

    store = Store(tmp_path / "cache")
    monkeypatch.setattr(state, "open_store", lambda: store)
    for module in (frame, progress):
        monkeypatch.setattr(module, "ensure_worker", lambda store: None)
    shown = json.dumps(asdict(prompt_preview.Preview("the chat text", 3, True, True)))
    monkeypatch.setattr(preview_widget, "_ask", lambda store, payload: ("done", shown))
    return store


def session(page="app.py", **query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    if page != "app.py":
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app):
    kinds = (app.info, app.warning, app.error, app.caption, app.markdown, app.title)
    return [element.value for kind in kinds for element in kind]


@pytest.mark.parametrize("page", PATHS)
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "%00", "0" * 12, "a" * 10_000, "'; drop table runs; --", "<b>x</b>"]
)
def test_a_name_in_the_address_is_only_compared(own_cache, page, name):
    """F45. Red with the name looked up anywhere but among the runs that exist."""
    app = session(page, run=name)
    assert not app.exception
    assert any("not stored here" in text for text in said(app))
    assert not any(name in text for text in said(app))
    assert own_cache.runs() == []


@pytest.mark.parametrize("page", PATHS)
@pytest.mark.parametrize(
    "query", [{"scoring": "<script>"}, {"finding": "../x"}, {"true": "[x](y)"}, {"n": "x", "task": "/etc"}]
)
def test_any_other_parameter_does_no_harm(own_cache, colours, page, query):
    """F45. Red with a parameter taken for one of the choices unseen."""
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), own_cache).record
    assert not session(page, run=record.run_id, **query).exception


@pytest.mark.parametrize("page", PATHS)
def test_an_empty_cache_one_run_and_a_deleted_run_are_each_a_sentence(own_cache, colours, page):
    """F47. Red with a page that takes its run for granted."""
    empty = session(page)
    assert not empty.exception
    assert said(empty)
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), own_cache).record
    open_page = session(page, run=record.run_id)
    assert not open_page.exception
    with own_cache.connect(write=True) as db:
        db.execute("DELETE FROM runs")
    open_page.run()
    assert not open_page.exception
    assert said(open_page)


def test_two_sessions_of_twenty_steps_never_see_each_others_choice(own_cache, colours):
    """F47. Red with what is chosen kept in the module, or in a cache that all sessions share."""
    source = TaskSource(str(colours))
    runs = [execute(RunSpec(source, model, n=n), own_cache).record for model, n in (("majority", 10), ("tfidf", 20))]
    sessions = [change(session(run=run.run_id)) for run in runs]
    chance = random.Random(47)
    scoring = ["lenient", "lenient"]
    for _ in range(20):
        at = chance.randrange(2)
        if chance.random() < 0.5:
            scoring[at] = chance.choice(["strict", "lenient"])
            sessions[at].segmented_control(key="scoring").set_value(scoring[at])
        sessions[at].run()
        for app, run, chosen in zip(sessions, runs, scoring, strict=True):
            assert not app.exception
            assert app.number_input(key="bar_n").value == run.n
            assert app.selectbox(key="bar_model").value == run.spec.model
            assert app.session_state["scoring"] == chosen
    for app, chosen in zip(sessions, scoring, strict=True):
        assert any(f"{chosen} scoring" in caption.value for caption in app.run().caption)


@pytest.mark.parametrize("page", PATHS)
def test_every_page_that_shows_accuracy_shows_what_is_unparsed(own_cache, colours, page):
    """F33. Red with an accuracy alone: whether the rest is wrong or not understood is not to be seen."""
    for model in ("tfidf", "majority"):  # two, so that there is something to compare
        record = execute(
            RunSpec(TaskSource(str(colours)), model, n=8), own_cache,
            loader=lambda i, on_phase: Toy(i.identity, {f"red thing {n}": "who knows" for n in range(16)}),
        ).record  # fmt: skip
    app = session(page, run=record.run_id)
    shown = " ".join(
        [*said(app), *(m.label for m in app.metric), *(t.value.to_string() for t in app.dataframe)]
    ).casefold()
    if "accuracy" in shown:
        assert "unparsed" in shown


def test_a_page_on_a_cache_that_cannot_be_written_shows_what_is_stored(own_cache, colours):
    """F9. Red while the page began by starting a worker, whose lock it could not write."""
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), own_cache).record
    own_cache.read_only = True
    own_cache.notice = "The cache folder cannot be written"
    app = session(run=record.run_id)
    assert not app.exception
    assert app.metric[0].label == "Accuracy"
    assert any("cannot be written" in text for text in said(app))
    assert all(button.disabled for button in app.button if button.label in ("Run", "Go on", "Verify again"))
    worker.ensure_worker(own_cache)
    assert not (own_cache.folder / "worker.lock").exists()


def test_whatever_is_written_is_for_its_owner_alone(tmp_path, colours):
    """F48. Red with the worker's log, the locks or the number of a lock's holder left to the umask."""
    before = os.umask(0o022)
    try:
        store = Store(tmp_path / "cache")
        job = Jobs(store).enqueue("run", checked(RunSpec(TaskSource(str(colours)), "majority")).to_json())
        worker.ensure_worker(store)
        wait_until(lambda: not Jobs(store).get(job).active)
        files = {path: stat.S_IMODE(path.stat().st_mode) for path in [store.folder, *store.folder.rglob("*")]}
    finally:
        os.umask(before)
        child = worker._children.pop((tmp_path / "cache").resolve() / "worker.lock")
        child.kill()
        child.wait(20)
    assert len(files) >= 5
    assert {path.name: oct(mode) for path, mode in files.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


def workers_of(cache):
    """The processes that work on runs; one for baselines comes and goes on its own once a run is done."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as stream:
                    words = stream.read().split(b"\0")
            except OSError:
                continue
            if b"work" in words and b"--baselines" not in words and os.fsencode(str(cache)) in words:
                found.append(int(entry))
    return found


@pytest.mark.browser
@pytest.mark.slow
@browser
def test_the_app_outlives_its_worker_at_any_moment_and_offers_to_go_on(tmp_path, chromium):
    """F8, F1. Red while a page that only watched a run never looked whether anybody still worked on it."""
    cache, n = tmp_path / "cache", 240  # so many that the run is not done before it is killed twice
    chance = random.Random(8)
    spec = checked(RunSpec(n=n, engine="loop"))
    store = Store(cache)
    Jobs(store).enqueue("run", spec.to_json())
    with serving(cache) as server:
        tabs = [chromium.new_context().new_page() for _ in range(2)]
        tabs[0].goto(server.url)  # the first visit starts the worker
        record = wait_until(lambda: next(iter(store.runs_for(spec)), None))
        for tab in tabs:
            tab.goto(f"{server.url}/?run={record.run_id}")
        for kill in range(2):
            least = store.count_done(record.run_id)
            wait_until(lambda least=least: store.count_done(record.run_id) > least)
            tabs[1 - kill].reload()  # a click, another page, a closed tab leave the run alone
            tabs[1 - kill].wait_for_timeout(chance.uniform(0, 100))
            (pid,) = workers_of(cache.resolve())
            kept = store.count_done(record.run_id)
            os.kill(pid, signal.SIGKILL)
            for tab in tabs:
                tab.get_by_text("The worker process").first.wait_for(timeout=PATIENCE_MS)
                assert tab.locator("[data-testid=stException]").count() == 0
            assert n > store.count_done(record.run_id) >= kept > 0
            tabs[kill].get_by_role("button", name="Go on").click()
        wait_until(lambda: store.run(record.run_id).finished)
        assert len(workers_of(cache.resolve())) == 1
        for tab in tabs:
            tab.context.close()
    assert len(score_run(store, record.run_id).answers) == store.run(record.run_id).predicted == n


def test_a_page_on_a_cache_that_cannot_be_written_shows_a_smaller_n(own_cache, colours):
    """F57. Red while a smaller N had to be run first, which could not be: all of its completions are stored."""
    execute(RunSpec(TaskSource(str(colours)), "tfidf", n=30), own_cache)
    other = Store(own_cache.folder)
    execute(RunSpec(TaskSource(str(colours)), "tfidf", n=12), other)  # as it would be
    catalog = {record.n: record.run_id for record in other.runs()}
    with other.connect(write=True) as db:
        db.execute("DELETE FROM runs WHERE n = 12")
        db.execute("UPDATE runs SET usage = ?", (Usage(30, 300).to_json(),))
    before = {path: path.stat().st_mtime_ns for path in own_cache.folder.rglob("*")}
    own_cache.read_only = True
    app = change(session(run=catalog[30]))
    app.number_input(key="bar_n").set_value(12).run()
    assert not app.exception
    assert any("n = 12 of 40" in caption.value for caption in app.caption)
    assert app.query_params["run"] == catalog[12]
    assert app.metric[0].value == f"{100 * score_run(own_cache, catalog[12]).scores.accuracy:.1f} %"
    assert own_cache.run(catalog[12]).usage is None  # nothing was asked for it
    app.number_input(key="bar_n").set_value(35).run()  # five of these are not stored
    assert not app.exception
    assert not app.metric
    assert {path: path.stat().st_mtime_ns for path in own_cache.folder.rglob("*")} == before


FAILURES = (
    RecursionError("maximum recursion depth exceeded"), OverflowError("date value out of range"), MemoryError(),
    ZeroDivisionError("division by zero"), KeyError("x"), TypeError("a bug"), pyarrow.ArrowInvalid("bad page\nheader"),
    AssertionError(),
)  # fmt: skip


def fail_with(failure):
    def fail(*_):
        raise failure

    return fail


@pytest.mark.parametrize(
    ("page", "failure"),
    [*((page, FAILURES[0]) for page in PATHS), *(("app.py", failure) for failure in FAILURES[1:])],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_any_failure_of_a_task_is_one_sentence_and_the_page_goes_on(own_cache, tmp_path, monkeypatch, page, failure):
    """F55, F47. Red while only what a reader was known to raise was caught: the page was gone until it was reloaded."""
    test = write_csv(tmp_path / "odd file.csv", [Example("a", "x"), Example("b", "y")])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    app.session_state["view"] = ViewState(spec=RunSpec(TaskSource(str(test)), "majority"))
    with monkeypatch.context() as broken:
        broken.setattr("evalcore.tasks.data_file.NamedFile.read", fail_with(failure))
        if page != "app.py":
            app.switch_page(page)
        app.run()
        assert not app.exception
        sentences = [text for text in said(app) if "odd file" in text.replace("\\", "") and "read" in text]
        if page in ("app.py", "pages/per_class.py", "pages/confusions.py", "pages/examples.py", "pages/prompts.py"):
            named = "enough memory" if isinstance(failure, MemoryError) else type(failure).__name__
            assert [named in sentence for sentence in sentences] == [True]
    app.switch_page("app.py").run()
    app.selectbox(key="bar_task_name").select("demo").run()
    assert not app.exception
    assert not any("odd file" in text.replace("\\", "") for text in said(app))


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_any_failure_of_a_task_fails_its_job_and_the_worker_lives(own_cache, tmp_path, monkeypatch, capfd, failure):
    """F55. Red while the job was said to have met a fault of Blindspot, with no word on the file."""
    test = write_csv(tmp_path / "odd.csv", [Example("a", "x"), Example("b", "y")])
    jobs = Jobs(own_cache)
    job_id = jobs.enqueue("run", checked(RunSpec(TaskSource(str(test), train=str(test)), "majority")).to_json())
    with monkeypatch.context() as broken:
        broken.setattr("evalcore.tasks.data_file.NamedFile.read", fail_with(failure))
        worker._do(jobs.claim(1), own_cache, jobs, worker.ModelCache())
    job = jobs.get(job_id)
    assert job.state == "failed"
    assert str(test) in job.result
    assert ("enough memory" if isinstance(failure, MemoryError) else type(failure).__name__) in job.result
    assert "fault of Blindspot" not in job.result
    assert "Traceback" not in capfd.readouterr().err
    again = jobs.enqueue("run", job.payload)
    worker._do(jobs.claim(1), own_cache, jobs, worker.ModelCache())
    assert jobs.get(again).state == "done"
