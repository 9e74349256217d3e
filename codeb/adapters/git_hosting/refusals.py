"""What the service refused, as a sentence that says who can do what about it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from codeb.domain.git import GitRemote, neutral
from codeb.errors import CodebError, Unavailable

_LONGEST = 300
_MOST_REASONS = 5
_SENTENCES = {
    401: "the git hosting service does not accept the token; the operator sets a new CODEB_GIT_TOKEN",
    403: "the operator's token may not do this with {what}{said}",
    404: "{what} does not exist, or the operator's token does not see it",
    405: "{what} cannot be merged as it is{said}",
    409: "{what} cannot be changed as it is{said}",
    422: "the git hosting service does not take this for {what}{said}",
}
_LIMITED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


def refusal(status: int, headers: Mapping[str, str], body: bytes, what: str) -> CodebError:
    """The error for an answer that is none of 2xx; ``what`` names what was asked for."""
    said = _said(body)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable("the git hosting service", f"it answered {status} for {what}; try again later")
    if status in _LIMITED and (until := _limited_until(status, headers)) is not None:
        return GitRemote(f"the git hosting service takes no more requests of this token {until}", status)
    return GitRemote(_sentence(status, said, what), status)


def _sentence(status: int, said: str, what: str) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return f"{what} has moved: it was renamed, most likely; the operator binds the project to its new name"
    if status not in _SENTENCES:
        return f"the git hosting service answered {status} for {what}{said}"
    return _SENTENCES[status].format(what=what, said=said)


def _limited_until(status: int, headers: Mapping[str, str]) -> str | None:
    """None where the answer is about something else than too many requests."""
    if (seconds := headers.get("Retry-After", "")).isdecimal():
        return f"for {seconds[:9]} s"
    if headers.get("X-RateLimit-Remaining") == "0":
        with suppress(ValueError, OverflowError, OSError):
            moment = datetime.fromtimestamp(int(headers.get("X-RateLimit-Reset", "")), UTC)
            return f"until {moment:%Y-%m-%d %H:%M} UTC"
        return "for a while"
    return "for a while" if status == HTTPStatus.TOO_MANY_REQUESTS else None


def _said(body: bytes) -> str:
    """The service's own message and reasons, bounded and harmless, ready to be appended."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(record, dict):
        return ""
    errors = record.get("errors")
    reasons = [_reason(each) for each in errors[:_MOST_REASONS]] if isinstance(errors, list) else []
    words = [each for each in (_text(record.get("message")), *reasons) if each]
    return f": {neutral('; '.join(words), _LONGEST)}" if words else ""


def _reason(error: Any) -> str:
    if not isinstance(error, dict):
        return _text(error)
    return _text(error.get("message")) or " ".join(filter(None, (_text(error.get(k)) for k in ("field", "code"))))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
