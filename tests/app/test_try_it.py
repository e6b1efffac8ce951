"""The Try it page in Streamlit's own test runner, with a worker of the test's own that answers at once, or not."""

import pytest

from evalcore.running.live import LiveAnswer
from evalcore.running.live_answer import Neighbour, OrderAnswer, WordEffect
from evalcore.store.jobs import Jobs
from pages.parts.try_it import asking

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
        words = request.text.split()
        label = next((name for name in LABELS if name in words), "red")
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
    monkeypatch.setattr(asking, "ANSWER_WAIT_S", 0.05, raising=False)
    return worker


def said(app):
    """All that the page says."""
    elements = (*app.markdown, *app.caption, *app.info, *app.error, *app.metric, *app.code)
    return "\n".join(str(element.value) for element in elements)


def type_text(app, text):
    app.text_input(key="try_text").set_value(text).run()
    assert not app.exception, app.exception
    return app
