"""The page of error codes: every class of the library that has one."""

import importlib
import pkgutil
from collections.abc import Iterator

import codeb
from codeb.api.errors import STATUS
from codeb.cli.exits import EXIT_CODES, exit_code
from codeb.errors import CodebError, ConfigError
from reference.markdown import code, page, table
from reference.next_steps import NEXT

_INTRODUCTION = """
A refusal has `success: false`, `error` (a sentence for people), `code` (a word for programs) and, by the code, more
keys. A refusal for reasons of the matter is a 200: the request was understood. On the host the same code is in the
answer of `--json`. {exit_codes}
A deploy that fails has the code of what made it fail.
"""


def text() -> str:
    rows = [(code(name), status_of(kind), str(exit_of(kind)), NEXT[name]) for name, kind in sorted(classes().items())]
    head = ("code", "HTTP", "exit", "what to do next")
    return page("Errors", _INTRODUCTION.format(exit_codes=EXIT_CODES), table(head, rows))


def classes() -> dict[str, type[CodebError]]:
    """By code; of two with the same code the one that has an HTTP status of its own."""
    for module in pkgutil.walk_packages(codeb.__path__, "codeb."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[CodebError]] = {}
    for kind in sorted(_below(CodebError), key=lambda kind: (kind in STATUS, kind.__module__)):
        if "code" in vars(kind):
            found[kind.code] = kind
    return found


def status_of(kind: type[CodebError]) -> str:
    """Nothing for what no API says: it happens in the client, or before a process starts."""
    if kind.__module__.startswith("codeb.client") or kind is ConfigError:
        return ""
    return str(next(STATUS[each] for each in kind.__mro__ if each in STATUS))


def exit_of(kind: type[CodebError]) -> int:
    """What the commands end with."""
    return exit_code(kind.__new__(kind))


def _below(kind: type[CodebError]) -> Iterator[type[CodebError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
