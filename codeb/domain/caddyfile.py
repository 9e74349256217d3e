"""Values as tokens of a Caddyfile."""

import re

from codeb.errors import InvalidInput

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def one_line(value: object) -> str:
    """``value`` as text without a control character, which would start a new line of the file it lands in."""
    text = str(value)
    if _CONTROL.search(text):
        raise InvalidInput("template", f"{text[:100]!r} has a control character")
    return text


def token(value: object) -> str:
    """``value`` as one quoted token; raises InvalidInput for what no token can hold.

    Caddy's lexer knows no escape in quotes but the one for a quote, so what has a backslash or a quote stands in
    backticks, where everything is literal.
    """
    text = one_line(value)
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    if "`" in text:
        raise InvalidInput("template", f"{text[:100]!r} has a backtick beside a quote or a backslash")
    return f"`{text}`"
