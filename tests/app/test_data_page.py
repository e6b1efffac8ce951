"""The page Data, tab "Your examples", without a browser: files are taken or refused, read, and run."""

import io
import zipfile

import pytest

from evalcore.errors import DataError
from evalcore.output.data_problems import problems_table
from evalcore.output.table_writers import as_csv
from evalcore.running.own_data import look_at
from evalcore.store import Jobs, RunSpec, Uploads
from evalcore.tasks import TaskSource
from evalcore.tasks.hub_data import HubChoices
from evalcore.tasks.hub_name import HubName, parse_hub_name
from tests.app.clicking import click_row, in_url, opened

KINDS = ("Lieferung", "Rechnung", "Konto")
ROWS = [(f"Frage {at} zu {KINDS[at % 3]}", KINDS[at % 3]) for at in range(60)]
SEMICOLONS = (
    "Nr;Nachricht;Kategorie\n" + "".join(f"{at};{text};{label}\n" for at, (text, label) in enumerate(ROWS))
).encode()
COMMAS = ("text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)).encode()


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", COMMAS)
    return file.getvalue()


def upload(app, name, content, at=0):
    app.file_uploader[at].set_value((name, content, "text/csv")).run()
    assert not app.exception, app.exception
    return app


def said(app):
    shown = (*app.markdown, *app.caption, *app.success, *app.error, *app.warning, *app.info)
    return "\n".join(element.value.replace("\\", "") for element in shown)


@pytest.fixture
def at_data(open_page):
    return lambda **query: open_page("pages/data.py", **query)


@pytest.fixture
def at_file(at_data):
    """The page of a file that was just uploaded."""
    return lambda content=COMMAS, name="fragen.csv": upload(at_data(), name, content)


def test_a_file_with_semicolons_and_names_of_its_own_is_read_and_says_that_it_is_ready(at_file):
    app = at_file(SEMICOLONS, "kunden.csv")
    assert "60 rows, 3 labels, ready: text = Nachricht, label = Kategorie" in said(app).replace("**", "")
    assert not app.button(key="run_own").disabled


def test_what_is_kept_is_what_was_uploaded(at_file, page_store):
    at_file(SEMICOLONS, "../../kunden.csv")
    (kept,) = Uploads(page_store).all()
    assert Uploads(page_store).content(kept.digest) == SEMICOLONS
    assert kept.name == "kunden.csv"
    assert not list(page_store.folder.parent.rglob("kunden.csv"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("leer.csv", b"", "0 bytes"),
        ("paket.csv", zipped(), "a zip archive"),
        ("paket.zip", zipped(), "a zip archive"),
        ("bild.csv", b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture"),
        ("fragen.doc", COMMAS, "not a kind of file"),
        ("fragen.csv", "text,label\nGröße,ja\n".encode("cp1252"), "Save the file as UTF-8"),
    ],
    ids=["0 bytes", "zip as csv", "zip", "picture", "ending", "encoding"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_nothing_is_lost(at_file, page_store, name, content, words):
    app = at_file()
    app.button(key="all_files").click().run()
    upload(app, name, content)
    assert words in said(app)
    assert [kept.name for kept in Uploads(page_store).all()] == ["fragen.csv"]
    click_row(app, "uploads", 0)
    assert "60 rows, 3 labels, ready" in said(app)
    assert words not in said(app)


def test_a_file_over_the_quota_is_refused_with_what_is_used(at_data, page_store, monkeypatch):
    monkeypatch.setattr("evalcore.store.uploads.QUOTA", len(COMMAS) - 1)
    app = upload(at_data(), "fragen.csv", COMMAS)
    assert "there is no room" in said(app)
    assert not Uploads(page_store).all()


def test_a_column_that_is_chosen_changes_the_answer_and_stands_in_the_url(at_file):
    app = at_file(b"a,b,c\n" + b"".join(b"text %d,x%d,y%d\n" % (at, at % 2, at % 3) for at in range(12)), "abc.csv")
    app.selectbox(key="data_text_column").select("a").run()
    app.selectbox(key="data_label_column").select("c").run()
    assert "12 rows, 3 labels, ready: text = a, label = c" in said(app).replace("**", "")
    assert in_url(app)["label_column"] == "c"
    again = opened("pages/data.py", **in_url(app))
    assert "text = a, label = c" in said(again)


def test_two_problems_are_counted_first_and_each_opens_its_rows(at_file):
    app = at_file(COMMAS + b"Eine Frage,\nNoch eine,Lieferung,zu viel\n")
    assert "2 problems must be mended first" in said(app)
    assert "run_own" not in {button.key for button in app.button}
    shown = {}
    for number in (1, 2):
        app.button(key=f"problem_{number}").click().run()
        assert in_url(app)["problem"] == str(number)
        shown |= dict(zip(app.dataframe[-1].value["line"], app.dataframe[-1].value["text"], strict=True))
    assert shown == {62: "Eine Frage", 63: "Noch eine,Lieferung,zu viel"}


def test_a_label_opens_its_rows_and_lets_them_go(at_file):
    app = at_file()
    click_row(app, "data_labels", 1)
    label = in_url(app)["label"]
    assert set(app.dataframe[-1].value["label"]) == {label}
    app.button(key="first_rows").click().run()
    assert set(app.dataframe[-1].value["label"]) == set(KINDS)
    assert "label" not in in_url(app)


def test_a_value_with_what_cannot_be_seen_shows_it(at_file):
    app = at_file(b"text,label\n" + "zero\u200bwidth,a\ntab\there,b\nplain,a\n".encode())
    rows = app.dataframe[-1].value["text"].tolist()
    assert rows == ["zero[U+200B]width", "tab⇥here", "plain"]


def test_run_asks_for_the_file_as_it_is_read_here_and_leads_to_the_overview(at_file, page_store):
    app = at_file(SEMICOLONS, "kunden.csv")
    app.number_input(key="data_n").set_value(30).run()
    app.button(key="run_own").click().run()
    assert not app.exception
    (job,) = [job for job in Jobs(page_store).recent(5) if job.kind == "run"]
    (kept,) = Uploads(page_store).all()
    assert RunSpec.from_json(job.payload).task == TaskSource(kept.task_name)
    assert RunSpec.from_json(job.payload).n == 30
    assert app.title[0].value.startswith("Blindspot")
    assert "kunden.csv" in said(app)


def test_more_settings_opens_the_form_with_the_file_by_its_name(at_file, page_store):
    app = at_file(SEMICOLONS, "kunden.csv")
    app.button(key="more_settings").click().run()
    assert not [job for job in Jobs(page_store).recent(5) if job.kind == "run"]
    (kept,) = Uploads(page_store).all()
    box = app.selectbox(key="bar_task_name")
    assert box.value == kept.task_name
    assert "kunden.csv" in box.options


def test_a_model_that_needs_a_train_file_says_so_until_there_is_one(at_file):
    app = at_file()
    app.selectbox(key="data_model").select("tfidf").run()
    assert app.button(key="run_own").disabled
    assert "train" in app.warning[0].value
    upload(app, "train.csv", COMMAS.replace(b"Frage", b"Bitte"))
    assert not app.button(key="run_own").disabled
    assert not app.warning


def test_a_label_list_that_lacks_a_label_is_a_problem_like_others(at_file):
    app = at_file()
    upload(app, "labels.txt", b"Lieferung\nRechnung\n", at=1)
    assert "must be mended first" in said(app)
    assert "label list" in said(app)


def test_a_file_is_deleted_with_what_that_means_and_its_link_says_so(at_file, page_store):
    app = at_file()
    link = in_url(app)
    assert "No stored run uses it." in said(app)
    app.button(key="delete_upload").click().run()
    assert not app.exception
    assert not Uploads(page_store).all()
    assert app.file_uploader
    assert "this upload is not in the cache folder" in said(opened("pages/data.py", **link))


def test_a_file_that_another_tab_has_deleted_is_said_to_be_gone(at_file, page_store):
    app = at_file()
    Uploads(page_store).delete(Uploads(page_store).all()[0].digest)
    app.button(key="delete_upload").click().run()
    assert not app.exception
    assert "there is no such upload" in said(app)


def test_a_problem_of_many_rows_says_how_many_of_them_are_shown(at_file):
    """Red with the number of the rows that are kept in the place of all of them."""
    rows = "".join(f"text {at},{'' if at % 2 else 'a'}\n" for at in range(60))
    app = at_file(f"text,label\n{rows}".encode())
    number = next(at for at in range(1, 9) if "20 of 30 rows" in app.button(key=f"problem_{at}").label)
    app.button(key=f"problem_{number}").click().run()
    assert "The first 20 of 30 rows. 30 rows have no label" in said(app)


def test_a_folder_that_cannot_be_written_says_that_nothing_can_be_brought_in(at_data, page_store):
    page_store.read_only = True
    app = at_data()
    assert not app.file_uploader
    assert "no file can be brought in" in said(app)


def test_the_page_of_a_demo_model_says_that_it_knows_other_labels(at_file):
    app = at_file()
    assert "nearly every answer is unparsed" in said(app)
    app.selectbox(key="data_model").select("Qwen/Qwen2.5-0.5B-Instruct").run()
    assert "nearly every answer is unparsed" not in said(app)


def test_data_are_looked_at_once(at_file, monkeypatch):
    from pages.parts.shell.cached import own_data

    app = at_file()
    monkeypatch.setattr(own_data, "look_at", None)
    app.number_input(key="data_n").set_value(12).run()
    assert not app.exception
    assert "60 rows, 3 labels, ready" in said(app)


@pytest.mark.parametrize(
    "query", [{"task": "upload:../../etc/passwd"}, {"task": "upload:0000000000000000", "problem": "x"}]
)
def test_a_link_to_what_is_not_here_is_a_sentence(at_data, query):
    app = at_data(**query)
    assert app.error
    assert not app.exception


COMMIT = "c" * 40


@pytest.fixture
def hub(monkeypatch):
    """A hub with one data set of two configurations; it notes what it was asked for."""
    import pandas as pd

    from evalcore.tasks import hub_data, load
    from pages.parts.data import hub_choice

    asked = []

    def choices(name):
        asked.append(name)
        on_hub = parse_hub_name(name)
        if on_hub.repo != "owner/intents":
            raise DataError("the hub has no such data set, or it is private.", where=name)
        found = HubName(on_hub.repo, on_hub.config or "de", COMMIT, "test")
        return HubChoices(found, ("de", "en"), ("test", "train"), ("utterance", "intent"), 1234)

    def download(name, cache):
        asked.append(str(name))
        path = hub_data._path(name, cache)
        path.parent.mkdir(exist_ok=True)
        rows = [(f"{name.config} {name.split} {text}", label) for text, label in ROWS]
        pd.DataFrame(rows, columns=["utterance", "intent"]).to_parquet(path)
        return path

    monkeypatch.setattr(hub_choice, "hub_choices", choices)
    monkeypatch.setattr(load, "download", download)
    return asked


def test_a_data_set_of_the_hub_is_asked_for_on_a_press_and_opened_at_its_commit(at_data, hub):
    app = at_data()
    app.text_input(key="hub_name").set_value("owner/intents").run()
    assert hub == []
    app.button(key="hub_look_up").click().run()
    assert hub == ["hub:owner/intents"]
    assert f"at commit {COMMIT[:12]}" in said(app)
    app.selectbox(key="hub_config").select("en").run()
    assert hub[1:] == [f"hub:owner/intents:en@{COMMIT}"]
    app.button(key="hub_open").click().run()
    assert not app.exception
    assert hub[2:] == [f"hub:owner/intents:en@{COMMIT}#{split}" for split in ("test", "train")]
    assert "60 rows, 3 labels, ready: text = utterance, label = intent" in said(app).replace("**", "")
    assert f"split test · commit {COMMIT[:12]}" in said(app)
    assert (in_url(app)["task"], in_url(app)["train"]) == (f"hub:owner/intents:en@{COMMIT}#test", "train")
    assert app.selectbox(key="data_model").value == "tfidf"
    assert not app.button(key="run_own").disabled


def test_a_link_to_a_data_set_of_the_hub_downloads_nothing_before_a_press(at_data, hub):
    app = at_data(task=f"hub:owner/intents:de@{COMMIT}#test")
    assert hub == []
    app.button(key="hub_fetch").click().run()
    assert "60 rows, 3 labels, ready" in said(app)


def test_a_data_set_that_the_hub_does_not_have_is_a_sentence_and_what_was_found_stays(at_data, hub):
    app = at_data()
    for name in ("owner/intents", "owner/none"):
        app.text_input(key="hub_name").set_value(name).run()
        app.button(key="hub_look_up").click().run()
    assert "the hub has no such data set" in app.error[0].value
    assert "owner/intents" in said(app)


def test_all_problems_can_be_taken_away_as_a_table(store):
    content = b"text,label\nhello,Top up\nbye,top_up\n,a\nx,\n=1+1,a\n" + COMMAS[len("text,label\n") :]
    upload = Uploads(store).add("many.csv", content)
    problems = look_at(TaskSource(upload.task_name), store).audit.problems
    table = problems_table("problems", problems)
    assert len(table.rows()) == len(problems) >= 3
    written = b"".join(as_csv(table)).decode()
    assert all(problem.sentence.replace('"', '""') in written for problem in problems)
    assert written.count("must be mended") == sum(problem.blocks for problem in problems)
