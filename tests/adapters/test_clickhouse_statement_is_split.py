"""One HTTP request becomes one statement, its rows, its settings and its parameters."""

import pytest

from adapters.clickhouse import arguments
from adapters.clickhouse_statement import Unreadable, statement


def read(body=b"", **arguments_):
    return statement(arguments_, body, database="cx")


def test_rows_begin_right_behind_the_line_that_names_their_format():
    found = read(b"INSERT INTO t (`a`, b) FORMAT RowBinary\n\n \x00FORMAT x\n")
    assert found.text == "INSERT INTO t (`a`, b)"
    assert (found.format, found.data) == ("RowBinary", b"\n \x00FORMAT x\n")


def test_rows_may_be_the_whole_body():
    found = read(b"\n\x01", query="INSERT INTO t FORMAT Native")
    assert (found.text, found.format, found.data) == ("INSERT INTO t", "Native", b"\n\x01")


@pytest.mark.parametrize(
    "text", ["INSERT INTO t VALUES (1, 'FORMAT x')", "INSERT INTO t SELECT 1 FORMAT CSV"]
)
def test_an_insert_that_brings_its_own_rows_is_left_alone(text):
    found = read(text.encode())
    assert (found.text, found.data) == (text, None)


def test_a_statement_without_rows_is_not_a_read_when_it_changes_something():
    assert not read(b"ALTER TABLE t ADD COLUMN x UInt8").is_read
    assert read(b" ( SELECT 1)").is_read


def test_parameters_settings_and_transport_are_told_apart():
    found = read(
        b"SELECT {x:String}", param_x="1", max_threads="2", database="d", wait_end_of_query="1"
    )
    assert found.parameters == {"x": "1"}
    assert found.settings == {"max_threads": "2"}
    assert found.database == "d"


@pytest.mark.parametrize("name", ["readonly", "compress", "a b", "x=1", "x;DROP"])
def test_a_setting_that_is_not_one_is_refused(name):
    with pytest.raises(Unreadable, match="not supported"):
        statement({name: "1"}, b"SELECT 1", database="cx")


@pytest.mark.parametrize("text", [b"SET x = 1", b" use d", b"create temporary table t", b"BEGIN"])
def test_a_session_is_refused_because_handles_are_shared(text):
    with pytest.raises(Unreadable, match="no sessions"):
        read(text)


def test_an_address_names_everything_a_client_needs():
    found = arguments("https://me:p%40ss@ch.example:9440/mine?send_receive_timeout=5")
    assert (found["interface"], found["host"], found["port"]) == ("https", "ch.example", 9440)
    assert (found["username"], found["password"], found["database"]) == ("me", "p@ss", "mine")
    assert found["send_receive_timeout"] == 5
    assert arguments("http://ch")["port"] == 8123


@pytest.mark.parametrize("url", ["tcp://ch:9000", "http://", "http://ch/x;y"])
def test_an_address_of_something_else_is_refused(url):
    with pytest.raises(ValueError, match="ClickHouse"):
        arguments(url)
