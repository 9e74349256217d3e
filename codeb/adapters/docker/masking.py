"""Last lines of a container, without the values of its own variables."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from codeb.domain.secret_text import covered, secret_forms

_LINES = 50
_LONGEST_LINE = 2000
_LONGEST_LOG = 256 * 1024
"""Characters at the end that are looked at: a program may print a gigabyte on one line."""
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])")
"""What colours a terminal, moves its cursor or sets its title."""


def masked(logs: str, env: Mapping[str, str]) -> str:
    """The last lines of ``logs``. Control characters are neutralised, so that no line can act on a terminal."""
    secrets = secret_forms(env)
    begun_before = max(map(len, secrets), default=0) if len(logs) > _LONGEST_LOG else 0
    text = logs[-_LONGEST_LOG:]
    cut = (0, begun_before)  # what is left there may be the end of a secret that was cut
    lines = _without(secrets, text, cut).splitlines()[-_LINES:]
    return "\n".join(_plain(line[:_LONGEST_LINE]) for line in lines)


def line_mask(env: Mapping[str, str]) -> Callable[[str], str]:
    """Masks one line after another of a container with these variables, as :func:`masked` does the last ones.

    Escape sequences go, between two looks for secrets: one may be inside of a secret, and hide it from the first.
    """
    secrets = secret_forms(env)

    def mask(line: str) -> str:
        bare = _ESCAPE.sub("", _without(secrets, line))
        return _plain(_without(secrets, bare)[:_LONGEST_LINE])

    return mask


def _without(secrets: Iterable[str], text: str, *more: tuple[int, int]) -> str:
    return covered(text, [*more, *(span for secret in secrets for span in _spans(text, secret))])


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
