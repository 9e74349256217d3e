"""Where the passphrase of the operator's store comes from; never a command line. Security row 11."""

import stat
import sys
from collections.abc import Callable, Mapping
from getpass import getpass
from pathlib import Path

from codeb.errors import ConfigError

FILE, VALUE = "CODEB_SECRETS_PASSPHRASE_FILE", "CODEB_SECRETS_PASSPHRASE"
NEW_FILE, NEW_VALUE = "CODEB_SECRETS_NEW_PASSPHRASE_FILE", "CODEB_SECRETS_NEW_PASSPHRASE"
"""Of ``codeb secrets passwd``, where nobody sits at a terminal."""
SHORTEST = 12

Ask = Callable[[str], str]


def at_the_terminal(question: str) -> str:
    """Raises ConfigError where nobody can answer."""
    if not sys.stdin.isatty():
        raise ConfigError(
            f"the secret store needs its passphrase and there is no terminal to ask at: set {FILE} to a file of mode"
            f" 0600 that holds it, or {VALUE}"
        )
    return getpass(question)


def known(environ: Mapping[str, str], ask: Ask = at_the_terminal) -> str:
    """The passphrase that the store has."""
    return _given(environ, FILE, VALUE) or ask("Passphrase of the secret store: ")


def chosen(environ: Mapping[str, str], ask: Ask = at_the_terminal) -> str:
    """One for a store that has none yet; at a terminal it is typed twice."""
    return _long(_given(environ, FILE, VALUE) or _twice(ask))


def changed(environ: Mapping[str, str], ask: Ask = at_the_terminal) -> str:
    """The one that ``codeb secrets passwd`` sets."""
    return _long(_given(environ, NEW_FILE, NEW_VALUE) or _twice(ask))


def _given(environ: Mapping[str, str], file: str, value: str) -> str:
    return _read(Path(path).expanduser(), file) if (path := environ.get(file)) else environ.get(value, "")


def _read(path: Path, variable: str) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} ({variable}) cannot be read: {getattr(error, 'strerror', 'it is no text')}"
        ) from None
    if mode & 0o077:
        raise ConfigError(f"{path} ({variable}) can be read by others (mode {mode:04o}): chmod 600 it")
    if not text:
        raise ConfigError(f"{path} ({variable}) is empty: write the passphrase into it")
    return text


def _twice(ask: Ask) -> str:
    first = ask(f"New passphrase for the secret store ({SHORTEST} characters or more): ")
    if first != ask("Once more: "):
        raise ConfigError("the two passphrases differ: nothing was changed")
    return first


def _long(text: str) -> str:
    if len(text) < SHORTEST:
        raise ConfigError(f"the passphrase is too short: it has to have {SHORTEST} characters or more")
    return text
