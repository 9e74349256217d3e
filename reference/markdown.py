"""Pages and tables in Markdown."""

from collections.abc import Iterable, Sequence

_NOTE = "<!-- Written by `make reference` from the code. Change it there. -->"


def page(title: str, *parts: str) -> str:
    """``parts`` with an empty line between them."""
    return "\n\n".join([f"# {title}", _NOTE, *(part.strip("\n") for part in parts if part.strip("\n"))]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: object) -> str:
    """As it is written; nothing where there is nothing."""
    return f"`{text}`" if str(text) else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
