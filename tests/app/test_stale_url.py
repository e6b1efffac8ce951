"""A browser that has not heard yet what a page wrote into the URL says the URL before it: nothing done is undone."""

import pytest

from evalcore.store.database import Store
from pages.parts.shell import url
from tests.app.clicking import in_url, opened
from tests.tools.browser import CHROMIUM, PATIENCE_MS, serving, settled
from tests.tools.generated import imported
from tests.tools.runs import stored

PER_CLASS, EXAMPLES = "pages/per_class.py", "pages/examples.py"
GOLD = list("aabbccddee") * 4


@pytest.fixture
def runs(page_store):
    return [stored(page_store, GOLD, answers).run_id for answers in (GOLD, ["a"] * 40)]


def said_again(app, query):
    """The next run of the script is told this URL."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    return app


def test_what_is_done_before_the_browser_knows_the_url_stays(runs):
    app = opened(PER_CLASS, run=runs[0])
    before = in_url(app)
    app.selectbox(key="class_label").select("c").run()
    assert in_url(app)["label"] == "c"
    said_again(app, before).button_group(key="scoring").set_value("strict").run()
    assert (in_url(app)["label"], in_url(app)["scoring"]) == ("c", "strict")
    # Not heard the second time either: neither is what was done in between undone.
    said_again(app, before).button_group(key="scoring").set_value("lenient").run()
    assert in_url(app) == {**before, "label": "c", "example": in_url(app)["example"]}


def test_a_run_that_was_chosen_stays(runs):
    app = opened(PER_CLASS, run=runs[0])
    before = in_url(app)
    app.selectbox(key="picked_run").select(runs[1]).run()
    said_again(app, before).button_group(key="scoring").set_value("strict").run()
    assert in_url(app)["run"] == runs[1]


def test_a_link_to_the_url_before_is_followed(runs):
    app = opened(PER_CLASS, run=runs[0])
    before = in_url(app)
    app.selectbox(key="class_label").select("c").run()
    said_again(app, before).run()
    assert "label" not in in_url(app)
    app.selectbox(key="class_label").select("d").run()
    assert in_url(app)["label"] == "d"


def test_a_link_that_arrives_with_a_click_is_followed(runs):
    app = opened(PER_CLASS, run=runs[0])
    app.selectbox(key="class_label").select("c").run()
    said_again(app, {"run": runs[1], "label": "b"}).button_group(key="scoring").set_value("strict").run()
    assert (in_url(app)["run"], in_url(app)["label"]) == (runs[1], "b")


@pytest.mark.parametrize(
    ("path", "asked", "key", "value"),
    [
        (PER_CLASS, {"label": "b"}, "class_label", "c"),
        (EXAMPLES, {"true": "b"}, "filter_true", "c"),
    ],
)
def test_a_click_while_a_link_is_still_being_opened_stays(runs, monkeypatch, path, asked, key, value):
    with monkeypatch.context() as interrupted:
        interrupted.setattr(url, "write", lambda page, query: None)  # the click comes before the page's last line
        app = opened(path, run=runs[0], **asked)
    app.selectbox(key=key).select(value).run()
    assert app.selectbox(key=key).value == value


def test_a_form_that_a_link_filled_keeps_what_is_chosen_while_the_page_is_drawn(page_store, monkeypatch):
    with monkeypatch.context() as interrupted:
        interrupted.setattr(url, "write", lambda page, query: None)
        app = opened(model="tfidf", n="40")
        assert app.number_input(key="bar_n").value == 40
    app.number_input(key="bar_n").set_value(10).run()
    assert (app.session_state["view"].spec.model, app.session_state["view"].spec.n) == ("tfidf", 10)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")
def test_a_click_before_the_browser_hears_of_the_url_undoes_nothing_and_the_back_button_works(any_page, tmp_path):
    store = Store(tmp_path / "cache")
    record = imported(store, 24, 600)
    page = any_page(1280, 720)
    held, is_held = [], False

    def connected(socket):
        def receive(message):
            if is_held:
                held.append((socket, message))
            else:
                socket.send(message)

        socket.connect_to_server().on_message(receive)

    page.route_web_socket("**/_stcore/stream", connected)
    with serving(store.folder) as server:
        page.goto(f"{server.url}/decide?run={record.run_id}&tab=traffic")
        settled(page)
        is_held = True
        page.get_by_role("radio", name="Typed").click()
        for _ in range(int(PATIENCE_MS / 50)):  # until the page has written its URL, which the browser is not told
            page.wait_for_timeout(50)
            if any(b"mix_from=typed" in message for _, message in held):
                break
        assert "mix_from" not in page.url
        page.get_by_role("radio", name="strict").click()
        page.wait_for_timeout(500)
        is_held = False
        for socket, message in held:
            socket.send(message)
        page.wait_for_url("**scoring=strict**", timeout=PATIENCE_MS)
        settled(page)
        assert "mix_from=typed" in page.url
        assert page.get_by_role("button", name="Your mix").is_visible()

        page.get_by_role("radio", name="lenient").click()
        page.wait_for_function("() => !location.search.includes('strict')", timeout=PATIENCE_MS)
        page.go_back()
        page.wait_for_url("**scoring=strict**", timeout=PATIENCE_MS)
        settled(page)
        assert page.get_by_role("radio", name="strict").get_attribute("aria-checked") == "true"
