"""The page of the ``CODEB_`` variables: names and defaults as the code asks for them."""

from collections.abc import Iterator, Mapping

from codeb.settings import Settings
from reference.markdown import code, page, table
from reference.meanings import CLIENT, COMMAND, SERVER

_SAMPLE = "127.0.0.1"
"""What every text that is needed, or that opens a group of others, may be."""
_OPENS = ("CODEB_PROVISION_DB_HOST", "CODEB_REDIS_HOST")
_INTRODUCTION = """
The bootstrap writes the server's settings to `/etc/codeb/codeb.env`, 0640, from [infra.toml](infra.md) and the
operator's secrets; change them there, and the next bootstrap keeps it so. The process's own environment goes before
the file. A value that cannot be read stops the start with a sentence that names it.
"""


class Asked(Mapping[str, str]):
    """An environment that has what is needed and no more, and remembers the default of everything that was asked."""

    def __init__(self) -> None:
        self.defaults: dict[str, str | None] = {}

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.defaults.setdefault(key, default)
        return _SAMPLE if (default is None and key not in ("CODEB_ENV", "NODE_ENV")) or key in _OPENS else default

    def __getitem__(self, key: str) -> str:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def defaults() -> dict[str, str | None]:
    """Every variable that the server reads; None where it is needed."""
    asked = Asked()
    Settings.load(asked)
    return asked.defaults


def text() -> str:
    server = table(("variable", "default", "meaning"), _rows(defaults()))
    head = ("variable", "meaning")
    command = table(head, [(code(name), meaning) for name, meaning in COMMAND.items()])
    client = table(head, [(code(name), meaning) for name, meaning in CLIENT.items()])
    sections = ("## The server and the host's command", server), ("## The commands", command), ("## Clients", client)
    return page("Settings", _INTRODUCTION, *(part for section in sections for part in section))


def _rows(found: Mapping[str, str | None]) -> Iterator[tuple[str, str, str]]:
    for name, default in found.items():
        needed = default is None and name not in ("CODEB_ENV", "NODE_ENV")
        yield code(name), "needed" if needed else code(default or ""), SERVER[name]
