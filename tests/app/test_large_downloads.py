"""Results that are too large for the server's memory: the page names the command instead of making a file."""

from streamlit.testing.v1 import AppTest

from tests.tools.runs import scored


def large(store, run):
    from pages.parts.explore import export
    from pages.parts.shell import downloads

    of = downloads.ResultFiles("large", downloads.MOST_ROWS + 1, "`the command`")
    downloads.report_buttons(of, lambda texts: b"", None, "`the report`")
    downloads.table_buttons(of, ["predictions"], lambda all_labels: [])
    export._format_buttons(store, run, of)


def test_what_holds_every_example_is_left_to_the_command_line(store):
    run = scored(store, ["a", "b"], ["a", "a"])
    page = AppTest.from_function(large, kwargs={"store": store, "run": run}).run(timeout=60)
    assert not page.exception
    assert [button.proto.label for button in page.get("download_button")] == ["Model card"]
    said = [caption.value for caption in page.caption]
    for begin, command in (
        ("A report", "`the report`"),
        ("**Run and", "`--format own`"),
        ("**lm-", "`--format lm-eval`"),
    ):
        assert any(one.startswith(begin) and command in one for one in said), said
