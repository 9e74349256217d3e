"""What came from elsewhere and goes to a terminal: nothing in it acts on the terminal. Security 16."""

from typing import Any

_KEPT = "\n\t"


def printable(text: str) -> str:
    """Every control character, escape and invisible mark becomes ``?``; lines and tabs stay."""
    return "".join(char if char.isprintable() or char in _KEPT else "?" for char in text)


def plain(value: Any) -> Any:
    """A record whose every text, names included, is printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
