"""An environment's variables: what they may be, how two sets differ, and their text. Spec section 6."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from codeb.errors import InvalidInput

MOST = 1000
MOST_NAME = 256
MOST_ONE = 128 * 1024
"""Bytes that Linux hands to a process as one variable, its name, the ``=`` and the end included."""
MOST_BYTES = 1_000_000
"""Of all names and values together; the kernel's own bound is a quarter of the stack."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def is_name(text: str) -> bool:
    return len(text) <= MOST_NAME and _NAME.fullmatch(text) is not None


def require_variables(field: str, variables: Mapping[str, str]) -> None:
    """Raises InvalidInput, which may name a variable and never shows a value: a wrong name may be one."""
    if len(variables) > MOST:
        raise InvalidInput(field, f"{len(variables)} variables are more than the {MOST} that one environment may have")
    total = 0
    for number, (name, value) in enumerate(variables.items(), 1):
        if not is_name(name):
            raise InvalidInput(
                field, f"name number {number} is not letters, digits, _ and . (at most {MOST_NAME}, no digit first)"
            )
        size = _bytes(field, name, value)
        if size > MOST_ONE:
            raise InvalidInput(field, f"{name} is longer than the {MOST_ONE // 1024} KiB that a process can be given")
        total += size
    if total > MOST_BYTES:
        raise InvalidInput(field, f"the variables are more than {MOST_BYTES // 1000} kB together")


def _bytes(field: str, name: str, value: str) -> int:
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field, f"{name} holds half of a surrogate pair, which no process can be given") from None
    if b"\0" in encoded:
        raise InvalidInput(field, f"{name} holds a NUL, which no process can be given")
    return len(name) + len(encoded) + 2


@dataclass(frozen=True, slots=True)
class Changes:
    """From one set of variables to another; names only, sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    same: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    @classmethod
    def between(cls, old: Mapping[str, str], new: Mapping[str, str]) -> "Changes":
        both = sorted(old.keys() & new.keys())
        return cls(
            added=tuple(sorted(new.keys() - old.keys())),
            changed=tuple(name for name in both if old[name] != new[name]),
            removed=tuple(sorted(old.keys() - new.keys())),
            same=tuple(name for name in both if old[name] == new[name]),
        )

    def sentence(self) -> str:
        return f"{len(self.added)} new, {len(self.changed)} changed, {len(self.removed)} removed"


def dotenv_text(variables: Mapping[str, str]) -> str:
    """The text of a .env file, which reads back as the same variables, whatever is in their values."""
    return "".join(f"{key}={_quoted(value)}\n" for key, value in sorted(variables.items()))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
