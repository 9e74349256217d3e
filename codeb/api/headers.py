"""A header of a request, looked up where the server put it: without an object for all of them."""

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """The first value of a header, by its name in small letters."""
    for found, value in scope["headers"]:
        if found == name:
            text: str = value.decode("latin-1")
            return text
    return None
