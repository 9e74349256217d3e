"""The names of the metrics that an expression asks for."""

import re

_NOISE = (
    re.compile(r'"(?:[^"\\]|\\.)*"'),  # strings, and in them whatever they like
    re.compile(r"\{[^}]*\}"),  # label matchers
    re.compile(r"\[[^\]]*\]"),  # ranges
    re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"),
    re.compile(r"\boffset\s+\S+"),
)
_WORDS = frozenset({"and", "or", "unless", "bool", "on", "group_left", "group_right"})
_NAME = re.compile(r"(?<![\w:.$])([A-Za-z_:][\w:]*)\b(?!\s*\()")


def metrics(expression: str) -> set[str]:
    for noise in _NOISE:
        expression = noise.sub(" ", expression)
    return set(_NAME.findall(expression)) - _WORDS
