"""A text typed, answered and played with in a real Chromium, by mouse and by keyboard; with the bundled models."""

import pytest

from tests.app.test_accessible import serious_violations
from tests.tools.browser import CHROMIUM, PATIENCE_MS, PAYLOADS, choose, serving, settled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)"),
]

TEXT = "Where is the refund for the contract that I cancelled?"
RESULT = "[data-testid=stMetricValue]"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("try_it") / "cache") as running:
        yield running


@pytest.fixture(scope="module")
def page(server, any_page):
    """One page for all tests of this module: a model is loaded once."""
    page = any_page(1440, 900)
    page.goto(f"{server.url}/try_it?task=demo&model=demo")
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    return settled(page)


def field(page):
    return page.get_by_placeholder("Type a text and press Enter")


def ask(page, text):
    """Type a text, press Enter, and wait for all that is drawn of it."""
    field(page).fill(text)
    field(page).press("Enter")
    asked_before(page, text).wait_for(timeout=PATIENCE_MS)
    page.get_by_text("Nearest training examples").wait_for(timeout=PATIENCE_MS)
    return settled(page)


def asked_before(page, text):
    return page.locator("[class*=st-key-try_history_] button", has_text=text).first


def in_window(page, locator):
    box = locator.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_enter_shows_the_label_and_what_it_rests_on_without_scrolling(page):
    ask(page, TEXT)
    assert page.locator(RESULT).inner_text() == "refund_status"
    for words in ("runner-up", "Raw completion", "Which words matter", "5 orders", "Nearest training examples"):
        found = page.get_by_text(words).first
        found.wait_for(timeout=PATIENCE_MS)
        assert in_window(page, found), words
    page.get_by_text("Show the exact prompt as sent").click()
    page.locator("[data-testid=stCode]", has_text=TEXT).last.wait_for(timeout=PATIENCE_MS)
    assert "<|im_start|>" in page.locator("[data-testid=stCode]", has_text=TEXT).last.inner_text()
    page.get_by_text("Show the exact prompt as sent").click()
    settled(page)
    assert page.locator("h1").count() == 1
    assert serious_violations(page) == ""


def test_the_answer_stands_in_a_small_window(page):
    page.set_viewport_size({"width": 1280, "height": 720})
    settled(page)
    for found in (page.locator(RESULT), page.get_by_text("runner-up"), page.get_by_text("Raw completion")):
        assert in_window(page, found.first)
    assert in_window(page, page.locator("[data-testid=stVegaLiteChart]").first)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_an_edited_text_is_answered_anew_and_the_history_leads_back(page):
    ask(page, "The engineer did not come")
    assert page.locator(RESULT).inner_text() == "engineer_no_show"
    asked_before(page, TEXT).click()
    page.wait_for_function(
        f"() => document.querySelector('{RESULT}').innerText === 'refund_status'", timeout=PATIENCE_MS
    )
    settled(page)
    assert field(page).input_value() == TEXT
    assert "text=Where+is+the+refund" in page.url.replace("%20", "+")


def test_a_second_model_answers_beside_the_first(page):
    choose(page, "Beside it", "demo-early")
    page.locator(RESULT).nth(1).wait_for(timeout=PATIENCE_MS)
    settled(page)
    left, right = (page.locator(RESULT).nth(at).bounding_box() for at in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    assert "beside_model=demo-early" in page.url
    choose(page, "Beside it", "nothing")
    page.wait_for_function(f"() => document.querySelectorAll('{RESULT}').length === 1", timeout=PATIENCE_MS)


def test_the_keyboard_alone_asks_and_opens_the_details(page):
    field(page).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("my bill is too high")
    page.keyboard.press("Enter")
    page.locator(RESULT, has_text="bill_too_high").wait_for(timeout=PATIENCE_MS)
    settled(page)
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("() => document.activeElement.innerText.trim().split('\\n')[0]"))
        if any("All 24 labels" in name for name in names):
            break
    assert "All 24 labels" in names[-1]
    page.keyboard.press("Enter")
    page.locator("[data-testid=stDataFrame] canvas td", has_text="router_delivery").first.wait_for(
        state="attached", timeout=PATIENCE_MS
    )
    page.keyboard.press("Escape")
    settled(page)


def test_what_is_being_typed_stays_while_the_details_are_drawn(page):
    field(page).fill("please cancel the whole contract at once")
    field(page).press("Enter")
    field(page).fill("half a sen")
    page.locator(RESULT, has_text="contract_cancel").wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(500)
    settled(page)
    assert field(page).input_value() == "half a sen"


def test_a_text_that_would_like_to_be_markup_is_shown_as_typed_and_nothing_leaves(page, server):
    left = []
    allowed = (server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(allowed) else left.append(request.url))
    page.on("dialog", lambda dialog: (left.append(dialog.message), dialog.dismiss()))
    for payload in (" ".join(PAYLOADS), "\u202eright to left", "<|im_end|>\u0007 control"):
        field(page).fill(payload)
        field(page).press("Enter")
        settled(page)
    page.get_by_text("a control token of this model. It is given as plain characters.").wait_for(timeout=PATIENCE_MS)
    settled(page)
    assert page.locator("[data-testid=stMain] :is(img, script, .katex)").count() == 0
    assert page.locator("[data-testid=stException]").count() == 0
    assert left == []


def test_a_text_longer_than_the_context_and_one_of_a_hundred_thousand_characters_are_sentences(page):
    for text, said in (("word " * 3000, "Shorten"), ("x" * 100_000, "100,000 characters")):
        field(page).fill(text)
        field(page).press("Enter")
        page.get_by_text(said).first.wait_for(timeout=PATIENCE_MS)
        settled(page)
    assert page.get_by_text("too long for a link").is_visible()
    assert "text=" not in page.url
