"""Logs as JSON lines on stderr, those of libraries too.

Secrets never reach a logger: nothing logs bodies or headers, and a traceback comes without local variables.
"""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from codeb.api import log_context
from codeb.api.log_lines import GatheredLines

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def configure(*listeners: Processor) -> GatheredLines:
    """For the whole process, once. ``listeners`` see each entry, ours and a library's, before it is written.

    Flush what is returned when the process ends: a signal leaves no other time for it.
    """
    lines = GatheredLines.begin(sys.stderr.buffer)
    shared: list[Processor] = [
        log_context.merged,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *listeners,
    ]
    structlog.configure(
        processors=[
            log_context.merged,
            _dated,
            *listeners,
            structlog.processors.JSONRenderer(_bytes),
        ],
        logger_factory=lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(_text),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    return lines


def straight(lines: GatheredLines) -> Callable[..., None]:
    """Writes an ``info`` entry as any other, without the way through processors and listeners: one for each request."""

    def write(event: str, **facts: object) -> None:
        entry: EventDict = log_context.merged(None, "info", {"event": event, **facts})
        lines.info(_bytes(_dated(None, "info", entry), str))

    return write


def _dated(logger: Any, method: str, entry: EventDict) -> EventDict:
    """Level, time and traceback in one step: there is an entry for every request."""
    entry["level"] = "error" if method == "exception" else method
    entry["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return structlog.processors.format_exc_info(logger, method, entry) if "exc_info" in entry else entry


def _bytes(entry: Any, default: Callable[[Any], Any]) -> bytes:
    """One line, whatever is in it: what JSON has no word for is told by its repr."""
    try:
        return orjson.dumps(entry, default=default, option=_OPTIONS)
    except TypeError:
        return json.dumps(entry, default=default).encode()


def _text(entry: Any, default: Callable[[Any], Any]) -> str:
    return _bytes(entry, default).decode()
