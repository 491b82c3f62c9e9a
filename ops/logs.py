"""Logs as JSON lines on stderr: time, level, process, event, then whatever belongs to it."""

import logging
import sys
from types import TracebackType

import structlog

NOISY = ("granian", "_granian", "nats", "asyncio", "clickhouse_connect", "urllib3")


def write_json(process: str, *, level: str) -> None:
    """Send structlog's lines and those of libraries through one JSON writer."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.EventRenamer("event"),
        _naming(process),
        structlog.processors.format_exc_info,
    ]
    json_lines = structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[*shared, json_lines],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=json_lines)
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    sys.excepthook = _crashed
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().critical("crashed", exc_info=(kind, error, trace))


def _naming(process: str) -> structlog.typing.Processor:
    def name(
        _logger: structlog.typing.WrappedLogger, _method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        line["process"] = process
        return line

    return name
