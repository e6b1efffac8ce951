"""The Try it page in Streamlit's own test runner, with a worker of the test's own that answers at once, or not."""

from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest

from evalcore.errors import StoreError
from evalcore.running.live_answer import LiveAnswer, Neighbour, OrderAnswer, WordEffect
from evalcore.running.run import execute
from evalcore.store.catalog import RunCatalog
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from pages.parts.shell.markdown import escape_markdown
from pages.parts.try_it import asking, question, results
from tests.tools.browser import PAYLOADS
from tests.tools.generated import imported

PAGE = "pages/try_it.py"
LABELS = ("red", "green", "blue")


class Worker:
    """Stands for the worker: it answers when it is asked, unless it is `busy`, and notes every question.

    A text's label is the first of `LABELS` that it names, or else the first one.
    """

    def __init__(self, store):
        self.store = store
        self.asked = []
        self.busy = False
        self.error = ""

    def ask(self, store, request):
        self.asked.append(request)
        jobs = Jobs(store)
        job_id = jobs.enqueue("live", request.to_json())
        if not self.busy:
            self.end(job_id, request)
        return job_id

    def end(self, job_id, request):
        jobs = Jobs(self.store)
        if self.error:
            jobs.finish(job_id, "failed", self.error)
        else:
            jobs.finish(job_id, "done", self.answer(request).to_json())

    def answer(self, request):
        label = next((name for name in LABELS if name in request.text), "red")
        shares = {name: 0.8 if name == label else 0.1 for name in LABELS}
        return LiveAnswer(
            request.text,
            label,
            completion=label.title(),
            parsed=label,
            match="normalized",
            span=(0, len(label)),
            chosen=label,
            probabilities=shares,
            prompt=f"which colour is {request.text}",
            prompt_tokens=12,
            seconds=0.01,
            words=(WordEffect(0, 3, 0.5, "blue"), WordEffect(4, 9, 0.9, label)) if "words" in request.parts else (),
            orders=(OrderAnswer(1, label, 0.8), OrderAnswer(2, "blue", 0.6)) if "orders" in request.parts else (),
            neighbours=(Neighbour("as red as a rose", "red", 0.61),) if "nearest" in request.parts else (),
        )


@pytest.fixture
def worker(page_store, monkeypatch):
    worker = Worker(page_store)
    monkeypatch.setattr(asking, "ask", worker.ask)
    for name in ("ANSWER_WAIT_S", "DETAILS_WAIT_S"):
        monkeypatch.setattr(results, name, 0.05)
    return worker


def said(app):
    """All that the page says."""
    elements = (*app.markdown, *app.caption, *app.info, *app.error, *app.metric, *app.code)
    return "\n".join(str(element.value) for element in elements)


def param(app, name):
    """A parameter of the URL; None if it is not there."""
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def history(app):
    """What was asked, as its buttons say it."""
    return [button.label for button in app.button if (button.key or "").startswith("try_history")]


def type_text(app, text):
    app.text_input(key="try_text").set_value(text).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def colours_run(page_store, colours):
    return execute(RunSpec(TaskSource(str(colours)), "majority", n=6), page_store).record


@pytest.fixture
def app(worker, open_page, colours_run):
    """The page on a run of the majority baseline."""
    return open_page(PAGE, run=colours_run.run_id)


def whom(request):
    return request.spec.model, request.spec.prompt


def test_a_text_is_answered_and_then_what_the_answer_rests_on(app, worker):
    type_text(app, "the blue one")
    assert [metric.value for metric in app.metric] == ["**blue**"]
    shown = said(app)
    assert "Confidence **80.0 %** · runner-up red 10.0 % · margin +70.0 points" in shown
    assert "The label stays in **2 of 2 orders**." in shown
    assert [request.parts for request in worker.asked if request.text == "the blue one"] == [
        ("answer",),
        ("answer", "words", "orders", "nearest"),
    ]
    assert list(app.dataframe[0].value["text"]) == ["as red as a rose"]


def test_the_model_and_the_prompt_are_those_of_the_run_until_others_are_chosen(app, worker, page_store, colours):
    type_text(app, "a red one")
    assert whom(worker.asked[-1])[0] == "majority"
    app.selectbox(key="try_model").set_value("demo").run()
    assert whom(worker.asked[-1]) == ("demo", "article")
    app.selectbox(key="try_prompt").set_value("bare").run()
    assert whom(worker.asked[-1]) == ("demo", "bare")
    assert param(app, "model") == "demo"
    other = execute(RunSpec(TaskSource(str(colours)), "tfidf", n=6), page_store).record
    app.run()
    app.selectbox(key="picked_run").set_value(other.run_id).run()
    assert whom(worker.asked[-1])[0] == "tfidf"
    assert app.text_input(key="try_text").value == "a red one"
    assert "model" not in app.query_params


def test_a_second_model_or_prompt_is_asked_the_same_beside_the_first(app, worker):
    type_text(app, "a green one")
    app.selectbox(key="try_model").set_value("demo").run()
    app.selectbox(key="try_beside").set_value("demo-early").run()
    assert [metric.value for metric in app.metric] == ["**green**"] * 2
    assert "**A** demo" in said(app)
    assert "**B** demo\\-early" in said(app)
    app.selectbox(key="try_beside").set_value("prompt bare").run()
    assert {whom(request) for request in worker.asked[-2:]} == {("demo", "bare")}
    assert (param(app, "beside_model"), param(app, "beside_prompt")) == (None, "bare")
    asked = len(worker.asked)
    app.selectbox(key="try_beside").set_value("").run()
    assert len(app.metric) == 1
    assert len(worker.asked) == asked


def test_what_was_asked_is_kept_and_a_click_shows_it_again_without_asking(app, worker):
    for text in ("a red one", "a blue one"):
        type_text(app, text)
    asked = len(worker.asked)
    assert history(app) == ["a blue one → **blue** 80.0 % · majority", "a red one → **red** 80.0 % · majority"]
    app.button(key="try_history_0").click().run()
    assert app.text_input(key="try_text").value == "a red one"
    assert app.metric[0].value == "**red**"
    assert param(app, "text") == "a red one"
    assert len(worker.asked) == asked


def test_an_example_of_the_run_is_taken_with_its_true_label_until_it_is_edited(app, worker):
    example = app.button(key="try_begin_0")
    example.click().run()
    text = app.text_input(key="try_text").value
    assert text
    assert "True label" in said(app)
    type_text(app, f"{text} indeed")
    assert "True label" not in said(app)


def test_an_example_is_found_by_a_part_of_its_text(app, worker):
    app.session_state["try_examples"] = True
    app.run()
    app.text_input(key="try_needle").set_value("no such text anywhere").run()
    assert "No text of this run contains it." in said(app)
    needle = app.button(key="try_begin_0").label[:3]
    app.text_input(key="try_needle").set_value(needle).run()
    found = [button for button in app.button if (button.key or "").startswith("try_found")]
    found[0].click().run()
    assert not app.exception
    assert app.metric
    assert app.session_state["try_examples"] is False


def test_the_url_opens_the_same_question(app, worker, open_page, colours_run):
    app.selectbox(key="try_model").set_value("demo").run()
    app.selectbox(key="try_beside").set_value("demo-early").run()
    type_text(app, "a **blue** one & more")
    query = {name: param(app, name) for name in app.query_params}
    other = open_page(PAGE, **query)
    assert other.text_input(key="try_text").value == "a **blue** one & more"
    assert other.selectbox(key="try_model").value == "demo"
    assert other.selectbox(key="try_beside").value == "demo-early"
    assert len(other.metric) == 2


def test_a_link_with_a_model_that_was_not_asked_here_waits_for_the_button(worker, open_page, colours_run):
    app = open_page(PAGE, run=colours_run.run_id, text="a blue one", model="somebody/large-model")
    assert worker.asked == []
    assert "came with a link, for somebody\\/large\\-model" in said(app)
    app.button(key="try_ask").click().run()
    assert whom(worker.asked[0])[0] == "somebody/large-model"
    assert app.metric[0].value == "**blue**"
    # From now on it is one of this session's.
    app.query_params["text"] = "a red one"
    app.run()
    assert app.metric[0].value == "**red**"


def test_a_link_to_data_of_the_hub_waits_for_the_button_too(worker, open_page):
    app = open_page(PAGE, task="banking77", text="a blue one")
    assert worker.asked == []
    assert "Press “Ask”" in said(app)


def test_a_text_too_long_for_a_link_is_not_in_it_and_it_is_said(app):
    type_text(app, "red " * 300)
    assert "text" not in app.query_params
    assert "too long for a link" in said(app)


def test_a_text_of_several_lines_has_a_field_of_several_lines(worker, open_page, colours_run):
    app = open_page(PAGE, run=colours_run.run_id, text="a blue one\nand another line")
    assert app.text_area(key="try_lines").value == "a blue one\nand another line"
    assert app.metric[0].value == "**blue**"
    app.text_area(key="try_lines").set_value("now one red line").run()
    assert app.text_input(key="try_text").value == "now one red line"
    assert app.metric[0].value == "**red**"


@pytest.mark.parametrize("text", ["   ", "\t"])
def test_a_blank_text_is_not_asked(app, worker, text):
    before = len(worker.asked)
    type_text(app, text)
    assert len(worker.asked) == before
    assert "The text is blank." in said(app)


@pytest.mark.parametrize("payload", [*PAYLOADS, "\u202e right to left", "nul \x00 one", "<|im_end|> control"])
def test_a_hostile_text_is_shown_as_typed(app, worker, payload):
    type_text(app, payload)
    assert app.text_input(key="try_text").value == payload
    shown = [str(one.value) for one in (*app.markdown, *app.caption, *app.metric, *app.info, *app.error)]
    assert not [one for one in shown if payload in one]
    assert history(app)[0].startswith(f"{escape_markdown(payload)} →")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_label_is_escaped_wherever_it_is_markdown(app, worker, monkeypatch, payload):
    monkeypatch.setattr(Worker, "answer", lambda self, request: hostile_answer(request.text, payload))
    type_text(app, "what is it")
    assert app.metric[0].value == f"**{escape_markdown(payload)}**"
    drawn = [str(one.value) for one in (*app.markdown, *app.caption, *app.metric, *app.info, *app.error)]
    assert not [one for one in drawn if payload in one]


def hostile_answer(text, payload):
    return LiveAnswer(
        text, payload, payload, payload, "exact", (0, len(payload)), payload, {payload: 0.7, f"not {payload}": 0.3},
        payload, f"prompt {payload}", 3, 0.01, 0.0,
        (WordEffect(0, 4, 0.5, f"not {payload}"), WordEffect(5, 7, 0.7, payload)),
        (OrderAnswer(1, f"not {payload}", 0.6),),
        (Neighbour(payload, payload, 0.5),),
        (f"a note on {payload}",),
    )  # fmt: skip


def test_what_cannot_be_answered_is_a_sentence_and_ask_asks_again(app, worker):
    worker.error = "the model [x](http://e.vil) is gone: choose another."
    type_text(app, "a red one")
    assert [error.value for error in app.error] == [
        "the model \\[x\\]\\(http\\:\\/\\/e\\.vil\\) is gone\\: choose another\\."
    ]
    worker.error = ""
    app.button(key="try_ask").click().run()
    assert app.metric[0].value == "**red**"


def test_a_question_at_work_says_what_it_waits_for_and_can_be_stopped(app, worker, page_store):
    worker.busy = True
    type_text(app, "a red one")
    assert "waiting for the worker to start" in said(app)
    (job,) = [job for job in Jobs(page_store).active(("live",)) if "a red one" in job.payload]
    app.button(key=f"stop_live_{job.job_id}").click().run()
    assert Jobs(page_store).get(job.job_id).state == "stopped"
    assert "Stopped\\. Press “Ask” to ask it again\\." in said(app)
    worker.busy = False
    app.button(key="try_ask").click().run()
    assert app.metric[0].value == "**red**"


def test_a_question_that_waits_is_taken_back_when_another_is_asked(app, worker, page_store):
    worker.busy = True
    type_text(app, "a red one")
    type_text(app, "a blue one")
    waiting = [job for job in Jobs(page_store).active(("live",)) if job.state == "queued"]
    assert len(waiting) == 1
    assert "a blue one" in waiting[0].payload


def test_words_of_a_slow_model_are_left_out_only_on_demand(app, worker, monkeypatch):
    quick = Worker.answer
    monkeypatch.setattr(Worker, "answer", lambda self, request: replace(quick(self, request), seconds=5.0))
    type_text(app, "a red one")
    assert "takes a while" in said(app)
    assert worker.asked[-1].parts == ("answer",)
    app.button(key="try_details_0").click().run()
    assert "words" in worker.asked[-1].parts
    assert "The label stays in" in said(app)


def test_an_import_cannot_be_asked_and_another_model_is_offered(worker, open_page, page_store):
    app = open_page(PAGE, run=imported(page_store, 3, 30).run_id)
    assert "Imported answers cannot be asked." in said(app)
    assert app.selectbox(key="try_model").value is None
    type_text(app, "a blue one")
    assert worker.asked == []
    app.selectbox(key="try_model").set_value("demo").run()
    assert app.metric[0].value == "**blue**"


def test_without_any_run_the_demo_is_asked(worker, open_page):
    app = open_page(PAGE)
    type_text(app, "a blue one")
    assert whom(worker.asked[0]) == ("demo", "article")
    assert app.metric[0].value == "**blue**"


def test_a_cache_that_cannot_be_written_is_a_sentence(app, monkeypatch):
    def refuse(store, request):
        raise StoreError("the cache folder cannot be written, so no worker can be asked.")

    monkeypatch.setattr(asking, "ask", refuse)
    type_text(app, "a red one")
    assert [error.value for error in app.error] == [
        "the cache folder cannot be written\\, so no worker can be asked\\."
    ]


def test_a_session_keeps_a_bounded_number_of_answers(app, worker, monkeypatch):
    monkeypatch.setattr(asking, "KEPT", 4)
    for number in range(5):
        type_text(app, f"text {number}")
    view = app.session_state["view"].try_it
    assert len(view.answers) == 4
    assert [asked.partition(" →")[0] for asked in history(app)] == ["text 4", "text 3"]


def test_the_exact_prompt_is_shown_on_demand(app, worker):
    app.selectbox(key="try_model").set_value("demo").run()
    type_text(app, "a red one")
    app.toggle(key="try_prompt_shown").set_value(True).run()
    assert "which colour is a red one" in [code.value for code in app.code]
    assert "12 tokens" in said(app)


def test_a_text_typed_on_the_overview_is_answered_on_the_page(worker, open_page, page_store, colours_run):
    app = open_page("app.py", run=colours_run.run_id)
    app.text_input(key="ask_the_model").set_value("a blue one").run()
    assert not app.exception
    assert app.title[0].value == "Try it"
    assert app.metric[0].value == "**blue**"
    assert (param(app, "run"), param(app, "text")) == (colours_run.run_id, "a blue one")


def test_an_opened_example_leads_to_the_page_with_its_text(open_page, colours_run):
    app = open_page("pages/examples.py", run=colours_run.run_id, example="1")
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Try this text"]
    assert [link.page for link in links] == ["try_it"]
    (text,) = [code.value for code in app.code if "thing" in code.value][:1]
    assert quote_plus(text) in links[0].query_string or quote(text) in links[0].query_string


def test_a_server_beside_a_run_that_chooses_answers_freely():
    """It cannot choose, and the page has no field in which to say that it need not."""
    chooses, page = RunSpec(decoding="choose"), SimpleNamespace(listing=SimpleNamespace(records=[]))
    assert question._asking(page, chooses, "http://localhost:1/v1#m", "").decoding == "plain"
    assert question._asking(page, chooses, "demo-early", "").decoding == "choose"


def test_what_was_asked_of_a_deleted_run_is_not_offered_again(app, worker, page_store, colours, colours_run):
    type_text(app, "a red one")
    other = execute(RunSpec(TaskSource(str(colours)), "tfidf", n=6), page_store).record
    app.run()
    app.selectbox(key="picked_run").set_value(other.run_id).run()
    type_text(app, "a blue one")
    assert len(history(app)) == 3  # the first text was asked of the other run, too
    RunCatalog(page_store).delete(colours_run.run_id)
    app.run()
    assert not app.exception
    assert history(app) == ["a blue one → **blue** 80.0 % · tfidf", "a red one → **red** 80.0 % · tfidf"]


def test_orders_and_words_are_held_against_the_most_probable_label_where_the_free_answer_is_another(
    app, worker, monkeypatch
):
    answer = worker.answer
    monkeypatch.setattr(worker, "answer", lambda request: replace(answer(request), label="green"))
    app.selectbox(key="try_model").set_value("demo").run()
    type_text(app, "the red one")
    assert "The most probable label, red, stays in **1 of 2 orders**." in said(app)


def test_a_server_is_not_said_to_be_given_no_labels(worker, open_page, colours_run, monkeypatch):
    answer = worker.answer
    monkeypatch.setattr(worker, "answer", lambda request: replace(answer(request), orders=()))
    app = open_page(PAGE, run=colours_run.run_id, model="http://127.0.0.1:9/v1#some", text="the red one")
    app.session_state["view"].try_it.confirmed = True  # as the button does
    app.run()
    assert not app.exception
    assert "the server would be asked once for each" in said(app)
