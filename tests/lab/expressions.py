"""GitHub's expressions, as many as our workflow has: names, strings, ``!``, ``==``, ``&&``, ``||``, always()."""

import re
from collections.abc import Mapping
from typing import Any

Context = Mapping[str, Any]
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[A-Za-z_][\w.-]*(?:\(\))?)|(?P<sign>&&|\|\||==|!|\(|\)))")
_STATUS = ("always()", "success()")


class NotUnderstood(Exception):
    """An expression that this evaluator does not know; better than a wrong value."""


def filled(text: str, context: Context) -> str:
    """The text, with the value of each expression in its place; what is not there is empty."""
    return _EXPRESSION.sub(lambda found: shown(value(found[1], context)), text)


def holds(condition: str, context: Context) -> bool:
    """Whether a job's or a step's ``if`` is true; it may stand with or without its braces."""
    bare = _EXPRESSION.fullmatch(condition.strip())
    return bool(value(bare[1] if bare else condition, context))


def value(expression: str, context: Context) -> Any:
    """Raises NotUnderstood."""
    reader = _Reader(expression, context)
    found = reader.either()
    if reader.tokens:
        raise NotUnderstood(f"{expression!r}, from {reader.tokens[0]!r} on")
    return found


def shown(found: Any) -> str:
    """A value as it stands in a text."""
    if found is None:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def _tokens(expression: str) -> list[str]:
    found, at, end = [], 0, len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None:
            raise NotUnderstood(f"{expression!r}, from {expression[at:]!r} on")
        found.append(match[0].strip())
        at = match.end()
    return found


class _Reader:
    """From the loosest binding to the closest. As in JavaScript ``||`` and ``&&`` answer one of their operands."""

    def __init__(self, expression: str, context: Context) -> None:
        self.tokens, self.context = _tokens(expression), context

    def either(self) -> Any:
        found = self.both()
        while self._next_is("||"):
            other = self.both()
            found = found or other
        return found

    def both(self) -> Any:
        found = self.equal()
        while self._next_is("&&"):
            other = self.equal()
            found = found and other
        return found

    def equal(self) -> Any:
        found = self.single()
        while self._next_is("=="):
            other = self.single()
            found = shown(found).lower() == shown(other).lower()
        return found

    def single(self) -> Any:
        if self._next_is("!"):
            return not self.single()
        if self._next_is("("):
            found = self.either()
            if not self._next_is(")"):
                raise NotUnderstood("a parenthesis is not closed")
            return found
        return self._operand(self.tokens.pop(0) if self.tokens else "")

    def _operand(self, token: str) -> Any:
        if token.startswith("'"):
            return token[1:-1]
        if token in _STATUS:
            return self.context[token]
        root, *path = token.split(".")
        if root not in self.context:
            raise NotUnderstood(f"{token!r}")
        found: Any = self.context[root]
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def _next_is(self, sign: str) -> bool:
        if self.tokens[:1] == [sign]:
            del self.tokens[0]
            return True
        return False
