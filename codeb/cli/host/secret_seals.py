"""codeb secrets encrypt, decrypt, passwd and set: the store's file and its passphrase."""

import json
import os
import sys
from pathlib import Path

import click

from codeb import infra_file, passphrase
from codeb.cli.exits import EXIT_CODES, told
from codeb.errors import ConfigError, InvalidInput
from codeb.secret_store import SecretStore

_json = click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
_LONGEST = 64 * 1024


@click.command(epilog=EXIT_CODES)
@_json
def encrypt(as_json: bool) -> None:
    """Encrypt a store that is still in the clear; every other command that writes does so too."""
    with told(as_json=as_json):
        store = _store()
        changed = store.encrypt()
    _say(f"{store} is {'now' if changed else 'already'} encrypted", changed=changed, as_json=as_json)


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_json
def decrypt(file: Path, as_json: bool) -> None:
    """Write a copy in the clear to the new FILE, mode 0600. The store itself stays encrypted."""
    with told(as_json=as_json):
        text = json.dumps(_store().values(), indent=1, sort_keys=True)
        _write_new(file, text)
    _say(f"{file} has every secret in the clear: remove it when you are done", changed=True, as_json=as_json)


@click.command(epilog=EXIT_CODES)
@_json
def passwd(as_json: bool) -> None:
    """Another passphrase for the store. Copies of before keep the old one.

    Without a terminal the new one comes from CODEB_SECRETS_NEW_PASSPHRASE_FILE or CODEB_SECRETS_NEW_PASSPHRASE.
    """
    with told(as_json=as_json):
        store = _store()
        store.seal_anew(lambda: passphrase.changed(os.environ))
    _say(f"{store} has its new passphrase", changed=True, as_json=as_json)


@click.command("set", epilog=EXIT_CODES)
@click.argument("name")
@_json
def set_(name: str, as_json: bool) -> None:
    """Put a secret that others made into the store: typed at a terminal, else read from standard input."""
    with told(as_json=as_json):
        store = _store()
        value = _value(name)
        if store.given(name):
            raise ConfigError(f"{name} comes from the environment, which takes precedence: change it there")
        changed = store.get(name) != value
        store.put({name: value})
    _say(f"{name} is in {store}; provision the hosts that use it", changed=changed, as_json=as_json)


def _store() -> SecretStore:
    return SecretStore.of(infra_file.load())


def _value(name: str) -> str:
    text = passphrase.at_the_terminal(f"{name}: ") if sys.stdin.isatty() else sys.stdin.read(_LONGEST).rstrip("\r\n")
    if not text or not name.replace("_", "").replace("-", "").isalnum():
        raise InvalidInput("name", "say the secret's name, and give its value at the terminal or by standard input")
    return text


def _write_new(file: Path, text: str) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConfigError(f"{file} cannot be made: {error.strerror}") from None
    with os.fdopen(handle, "w") as opened:
        opened.write(text)


def _say(sentence: str, *, changed: bool, as_json: bool) -> None:
    click.echo(json.dumps({"success": True, "changed": changed}) if as_json else sentence)
