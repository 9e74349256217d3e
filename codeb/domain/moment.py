"""A moment that a person names, to which databases are to go back."""

from datetime import datetime

from codeb.errors import InvalidInput


def moment(text: str) -> datetime:
    """Of ISO 8601, with its distance from UTC: without one it is another moment on another machine.

    Raises InvalidInput.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("to", f"{text!r} is no time: write it as 2026-11-30T14:00:00+00:00") from None
    if found.tzinfo is None:
        raise InvalidInput("to", f"{text!r} does not say of which zone: add +00:00 for UTC")
    return found
