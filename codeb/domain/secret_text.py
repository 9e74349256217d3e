"""What counts as a secret value, in which forms it may be printed, and text without it. Security 9, lesson 4."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

MASK = "***"
_SHORTEST = 4
_TRIVIAL = frozenset(
    ("true", "false", "null", "none", "production", "preview", "staging", "development", "test", "debug", "info")
).union(
    ("warn", "warning", "error", "localhost", "0.0.0.0", "127.0.0.1")  # noqa: S104 - words only
)
"""Words that are in every log and secret to nobody."""
_URL_PASSWORD = re.compile(r"://[^/\s:@]*:([^\s@]+)@")
_ANY_PASSWORD = re.compile(r"(://[^/\s:@]{0,256}:)[^\s@]{1,256}@")
_SECRET_PARAMETER = re.compile(
    r"([?&][^=&?\s]{0,64}(?:token|key|secret|passw|preview|signature)[^=&?\s]{0,64}=)[^&\s]+", re.IGNORECASE
)
_PORT_NAME = re.compile(r"(.*_)?PORT")
_PORT = re.compile(r"\d{1,5}")


def secret_forms(env: Mapping[str, str]) -> set[str]:
    """Every value in every form in which a program may print it; of a value of several lines, each line as well."""
    return {form for name, value in env.items() for form in forms_of(name, value)}


def forms_of(name: str, value: str) -> set[str]:
    """Empty for what is trivial: a short value, a word of everyday, a port."""
    if _PORT_NAME.fullmatch(name) and _PORT.fullmatch(value):
        return set()
    return {form for form in _forms(value) if len(form) >= _SHORTEST and form.lower() not in _TRIVIAL}


def _forms(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines(), *_URL_PASSWORD.findall(value)):
        yield from (part, part.strip(), quote(part, safe="", errors="replace"), unquote(part))
        yield from (json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1])


def without_url_passwords(text: str) -> str:
    """Also where nobody knew the password; a parameter that opens something is one."""
    if "://" not in text:
        return text
    return _SECRET_PARAMETER.sub(rf"\1{MASK}", _ANY_PASSWORD.sub(rf"\1{MASK}@", text))


def covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with every span replaced by the mask. Spans may overlap: none is taken out before another is found."""
    pieces, end = [], 0
    for start, stop in sorted(spans):
        if start >= end and stop > start:
            pieces += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])
