"""Reads one ClickHouse HTTP request into the statement, its data and its settings."""

import re
from collections.abc import Mapping
from typing import NamedTuple

# Parameters that the HTTP transport consumes itself; the engine would call them unknown settings.
TRANSPORT = frozenset(
    {
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "database",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_id",  # clients make one up for each connection; nothing here outlives a request
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
UNSUPPORTED = frozenset({"compress", "decompress", "session_check", "readonly"})
SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
HEAD_BYTES_MAX = 65_536
INSERT = re.compile(rb"\s*INSERT\s", re.IGNORECASE)
INSERT_WITH_FORMAT = re.compile(
    rb"(\s*INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+)(?:[ \t]*\r?\n|[ \t]+|\Z)", re.IGNORECASE | re.DOTALL
)
SELECTED_INSERT = re.compile(rb"\b(?:SELECT|FROM\s+INFILE)\b", re.IGNORECASE)
READ = re.compile(r"[\s(]*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN)\b", re.IGNORECASE)
SESSION = re.compile(r"\s*(SET|USE|CREATE\s+TEMPORARY|BEGIN|COMMIT|ROLLBACK)\b", re.IGNORECASE)
TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)


class Unreadable(ValueError):
    """A request this door does not understand; the text says which part."""


class Statement(NamedTuple):
    """One statement for the engine; `data` is set only for an insert that carries its rows."""

    text: str
    format: str
    data: bytes | None
    database: str
    settings: dict[str, str]
    parameters: dict[str, str]

    @property
    def is_read(self) -> bool:
        """Whether the statement only reads and therefore has a result."""
        return self.data is None and READ.match(self.text) is not None


def statement(arguments: Mapping[str, str], body: bytes, *, database: str) -> Statement:
    """Return the statement of a request.

    `arguments` are URL parameters (and form fields), `body` the decoded body. As in ClickHouse's
    HTTP interface the query is `query=` followed by the body, rows follow `INSERT … FORMAT X`,
    `param_x` fills `{x:Type}`, and every other parameter is a setting.
    Raises `Unreadable`.
    """
    query = arguments.get("query", "").encode()
    text, form, data = _split(query, body)
    trailing = None if data is not None else TRAILING_FORMAT.search(text)
    return Statement(
        text=text,
        format=trailing[1] if trailing else form or arguments.get("default_format", "TabSeparated"),
        data=data,
        database=arguments.get("database") or database,
        settings=_settings(arguments),
        parameters={k[6:]: v for k, v in arguments.items() if k.startswith("param_")},
    )


def _split(query: bytes, body: bytes) -> tuple[str, str | None, bytes | None]:
    if query and INSERT.match(query) and body:
        found = INSERT_WITH_FORMAT.match(query)
        if found is None:
            return _text(query + b"\n" + body), None, None
        return _text(found[1]), found[2].decode(), query[found.end() :] + body
    whole = query + b"\n" + body if query and body else query or body
    if INSERT.match(whole[:HEAD_BYTES_MAX]):
        found = INSERT_WITH_FORMAT.match(whole[:HEAD_BYTES_MAX])
        if found is not None and not SELECTED_INSERT.search(found[1]):
            return _text(found[1]), found[2].decode(), whole[found.end() :]
    return _text(whole), None, None


def _text(sql: bytes) -> str:
    try:
        text = sql.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"The statement is not UTF-8: {error}") from error
    if not text.strip():
        raise Unreadable("There is no statement in `query` or in the body.")
    if SESSION.match(text):
        raise Unreadable("There are no sessions here: send settings as URL parameters instead.")
    return text


def _settings(arguments: Mapping[str, str]) -> dict[str, str]:
    settings = {}
    for name, value in arguments.items():
        if name in TRANSPORT or name.startswith("param_"):
            continue
        if name in UNSUPPORTED or not SETTING_NAME.fullmatch(name):
            raise Unreadable(f"The parameter {name!r} is not supported by this door.")
        settings[name] = value
    return settings
