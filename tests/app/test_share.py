"""The link that "Copy link" shows leads to what the page shows."""

from urllib.parse import parse_qs, urlsplit

from tests.tools.generated import imported, labels_of


def test_it_names_what_the_page_has_just_written_into_its_url(open_page, page_store):
    run_id = imported(page_store, 5, 60).run_id
    app = open_page("pages/examples.py", run=run_id, outcomes="wrong")
    app.selectbox(key="filter_true").select(labels_of(5)[1]).run()
    link = next(code.value for code in app.code if "run=" in code.value)
    shown = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert shown == {"run": run_id, "outcomes": "wrong", "true": labels_of(5)[1]}
