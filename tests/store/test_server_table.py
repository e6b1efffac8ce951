"""The table of servers: what it means, and that nothing in it is taken for what it is not."""

import os
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.store import (
    SERVER_COLUMNS,
    SERVERS_FILE,
    Limits,
    Price,
    ServerRow,
    ServerTableError,
    Usage,
    limits_of,
    price_of,
    read_servers,
    write_servers,
)

URL = "https://api.example.com/v1"
FULL = ServerRow(URL, "small", 8, 600, 200_000, 0.15, 0.6, 0.075, "USD", date(2026, 11, 1))


def written(folder, text):
    (folder / SERVERS_FILE).write_text(text)
    return read_servers(folder)


def test_no_table_is_an_empty_one(tmp_path):
    assert read_servers(tmp_path) == ()
    assert written(tmp_path, "") == ()
    assert written(tmp_path, "address,model\n\n ,\n") == ()


def test_what_is_written_is_read_again(tmp_path):
    rows = (FULL, ServerRow(URL), ServerRow("http://localhost:8000/v1", 'a,"b"', concurrent=1))
    write_servers(tmp_path, rows)
    assert read_servers(tmp_path) == rows
    assert (tmp_path / SERVERS_FILE).read_text().splitlines()[0] == ",".join(SERVER_COLUMNS)
    assert os.stat(tmp_path / SERVERS_FILE).st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / SERVERS_FILE]


@settings(max_examples=60, deadline=None)
@given(
    price=st.floats(0, 1_000_000),
    model=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), max_size=20),
    limits=st.tuples(*[st.none() | st.integers(1, 256)] * 3),
)
def test_no_digit_is_lost(tmp_path_factory, price, model, limits):
    folder = tmp_path_factory.mktemp("table")
    row = ServerRow(URL, model.strip(), *limits, price, price, None, "EUR", date(2026, 1, 2))
    write_servers(folder, [row])
    assert read_servers(folder) == (row,)


def test_columns_may_stand_in_any_order_and_some_be_left_out(tmp_path):
    text = "\ufeffconcurrent,address\n 4 , HTTPS://API.Example.com/v1/ \n"
    assert written(tmp_path, text) == (ServerRow(URL, concurrent=4),)


def test_a_models_name_may_stand_behind_its_address_as_in_a_run(tmp_path):
    assert written(tmp_path, f"address\n{URL}#org/small\n") == (ServerRow(URL, "org/small"),)
    with pytest.raises(ServerTableError, match="names the model 'a', and the next column another"):
        written(tmp_path, f"address,model\n{URL}#a,b\n")


HEAD = ",".join(SERVER_COLUMNS)
NO_TABLES = {
    "address,price\nx,1\n": "line 1: there is no column 'price'",
    "model\nm\n": "line 1: its first line must name each column once",
    "address,address\nx,y\n": "line 1: its first line must name each column once",
    f"address,model\n{URL}\n": "line 2: it has 1 fields where the first line has 2",
    "address;model\nx;y\n": "there is no column 'address;model'",
    "address\nlocalhost:8000\n": "line 2: this is not a server's address",
    "address\nhttp://[::1/v1\n": "line 2: this is not a server's address",
    "address\nhttps://user:secret@host/v1\n": "line 2: this is not a server's address",
    "address\nhttps://host/v1?key=secret\n": "line 2: this is not a server's address",
    f"address,concurrent\n{URL},0\n": "concurrent is '0', not a whole number from 1 to 256",
    f"address,concurrent\n{URL},257\n": "concurrent is '257'",
    f"address,concurrent\n{URL},2.5\n": "concurrent is '2.5'",
    f"address,requests_per_minute\n{URL},-1\n": "requests_per_minute is '-1'",
    f"address,tokens_per_minute\n{URL},many\n": "tokens_per_minute is 'many'",
    f"{HEAD}\n{URL},,,,,1,,,USD,2026-01-01\n": "needs both input_per_million and output_per_million",
    f"{HEAD}\n{URL},,,,,,,1,USD,2026-01-01\n": "needs both input_per_million and output_per_million",
    f"{HEAD}\n{URL},,,,,1,2,,,2026-01-01\n": "needs its currency",
    f"{HEAD}\n{URL},,,,,1,2,,USD,\n": "and as_of, the day",
    f"{HEAD}\n{URL},,,,,-1,2,,USD,2026-01-01\n": "input_per_million is '-1'",
    f"{HEAD}\n{URL},,,,,nan,2,,USD,2026-01-01\n": "input_per_million is 'nan'",
    f"{HEAD}\n{URL},,,,,inf,2,,USD,2026-01-01\n": "input_per_million is 'inf'",
    f'{HEAD}\n{URL},,,,,"0,15",2,,USD,2026-01-01\n': "input_per_million is '0,15', not a number from 0 to 1,000,000",
    f"{HEAD}\n{URL},,,,,1,2,,USD,1.1.2026\n": "as_of is '1.1.2026', not a day such as",
    f"address,model\n{URL},m\n\n{URL}/,m\n": "line 4: this server and model were named before, in .*line 2",
    'address\n"http://host/v1\n': "cannot be read",
    "address\nhttp://host/v1\x00\n": "cannot be read|not a server's address",
}


@pytest.mark.parametrize("text", NO_TABLES)
def test_what_is_no_table_is_said_with_its_line_and_left_as_it_is(tmp_path, text):
    with pytest.raises(ServerTableError, match=NO_TABLES[text]) as caught:
        written(tmp_path, text)
    assert "secret" not in str(caught.value)
    assert (tmp_path / SERVERS_FILE).read_text() == text


def test_a_table_of_other_bytes_is_said_to_be_that(tmp_path):
    (tmp_path / SERVERS_FILE).write_bytes(b"address\n\xff\xfe\n")
    with pytest.raises(ServerTableError, match="cannot be read"):
        read_servers(tmp_path)
    (tmp_path / SERVERS_FILE).unlink()
    (tmp_path / SERVERS_FILE).mkdir()
    with pytest.raises(ServerTableError, match="cannot be read"):
        read_servers(tmp_path)


def test_a_table_that_cannot_be_written_is_as_it_was(tmp_path, monkeypatch):
    write_servers(tmp_path, [FULL])

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ServerTableError, match="cannot be written"):
        write_servers(tmp_path, [])
    assert read_servers(tmp_path) == (FULL,)
    assert list(tmp_path.iterdir()) == [tmp_path / SERVERS_FILE]


def test_a_models_line_comes_before_its_servers_field_by_field():
    of_server = ServerRow(URL, "", 4, 60, None, 1.0, 2.0, None, "EUR", date(2026, 1, 1))
    of_model = ServerRow(URL, "small", requests_per_minute=600)
    rows = (of_server, of_model)
    assert limits_of(rows, URL, "small") == Limits(4, 600, None)
    assert limits_of(rows, URL, "large") == Limits(4, 60, None)
    assert limits_of(rows, "http://elsewhere/v1", "small") == Limits()
    assert price_of(rows, URL, "small") == price_of(rows, URL, "large") == of_server.price
    assert price_of((replace(of_model, model="large"), FULL), URL, "large") is None
    assert price_of((of_server, FULL), URL, "small") == FULL.price


def test_a_price_is_of_new_cached_and_generated_tokens():
    usage = Usage(requests=9, input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=10_000)
    price = Price(2.0, 10.0, 0.5, "USD", date(2026, 1, 1))
    assert price.of(usage) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.01 * 10)
    assert replace(price, cached_input_per_million=None).of(usage) == pytest.approx(2 + 0.1)
    assert replace(price, cached_input_per_million=0.0).of(usage) == pytest.approx(1.2 + 0.1)


def test_a_price_is_old_after_ninety_days():
    price = Price(1.0, 1.0, None, "USD", date(2026, 1, 1))
    assert [price.is_stale(date(2026, 4, day)) for day in (1, 2)] == [False, True]


def test_a_damaged_count_is_no_usage():
    assert Usage.from_json(Usage(1, 2, 1, 3, 0).to_json()) == Usage(1, 2, 1, 3, 0)
    for text in ('{"requests": -1}', '{"requests": true}', '{"requests": 1.5}', '{"other": 1}', "[1]", "1", "x"):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            Usage.from_json(text)
