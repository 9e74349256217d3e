"""Last lines of a container, without the values of its own variables."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

_LINES = 50
_LONGEST_LINE = 2000
_LONGEST_LOG = 256 * 1024
"""Characters at the end that are looked at: a program may print a gigabyte on one line."""
_SHORTEST = 4
_MASK = "***"
_TRIVIAL = frozenset(
    ("true", "false", "null", "none", "production", "preview", "staging", "development", "test", "debug", "info")
).union(
    ("warn", "warning", "error", "localhost", "0.0.0.0", "127.0.0.1")  # noqa: S104 - words only
)
"""Words that are in every log and secret to nobody."""
_URL_PASSWORD = re.compile(r"://[^/\s:@]*:([^\s@]+)@")
_PORT_NAME = re.compile(r"(.*_)?PORT")
_PORT = re.compile(r"\d{1,5}")


def masked(logs: str, env: Mapping[str, str]) -> str:
    """The last lines of ``logs``. Control characters are neutralised, so that no line can act on a terminal."""
    secrets = _secrets(env)
    begun_before = max(map(len, secrets), default=0) if len(logs) > _LONGEST_LOG else 0
    lines = _covered(logs[-_LONGEST_LOG:], secrets, begun_before).splitlines()[-_LINES:]
    return "\n".join(_plain(line[:_LONGEST_LINE]) for line in lines)


def _secrets(env: Mapping[str, str]) -> set[str]:
    """Every value in every form in which a program may print it; of a value of several lines, each line as well."""
    forms = {form for name, value in env.items() if not _is_port(name, value) for form in _forms(value)}
    return {form for form in forms if len(form) >= _SHORTEST and form.lower() not in _TRIVIAL}


def _forms(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines(), *_URL_PASSWORD.findall(value)):
        yield from (part, part.strip(), json.dumps(part)[1:-1], quote(part, safe=""), unquote(part))


def _is_port(name: str, value: str) -> bool:
    return bool(_PORT_NAME.fullmatch(name) and _PORT.fullmatch(value))


def _covered(text: str, secrets: Iterable[str], begun_before: int) -> str:
    """``text`` with every span that any secret covers replaced: secrets may overlap, so none is taken out first.

    The first ``begun_before`` characters may be the end of a secret that was cut.
    """
    spans = sorted([*(span for secret in secrets for span in _spans(text, secret)), (0, begun_before)])
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end and stop > start:
            pieces += [text[end:start], _MASK]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def _spans(text: str, secret: str) -> Iterator[tuple[int, int]]:
    """Where it stands; what overlaps itself is one span."""
    begin, start = -1, text.find(secret)
    end = -1
    while start >= 0:
        if start > end:
            if begin >= 0:
                yield begin, end
            begin = start
        end = start + len(secret)
        start = text.find(secret, start + 1)
    if begin >= 0:
        yield begin, end


def _plain(line: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in line)
