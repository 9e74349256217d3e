"""codeb secrets: what is in the operator's store, and new values for it; never a value on the screen."""

import json
from collections.abc import Sequence

import click

from codeb import infra_file
from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host.secret_list import records
from codeb.cli.host.secret_seals import decrypt, encrypt, passwd, set_
from codeb.domain.infra import Infra
from codeb.domain.secret_rotation import NotOurs, Rows, UnknownSecret, after_forgetting, forgotten, rotated, steps
from codeb.domain.secret_table import PREVIOUS, Making, Row, row_of, secrets_of
from codeb.errors import InvalidInput
from codeb.secret_store import SecretStore, new_value, variable

_json = click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
_every = click.option("--all", "every", is_flag=True, help="Each secret that the store has and can make.")


@click.group()
def secrets() -> None:
    """The secrets beside infra.toml, on the operator's machine. Their values are never shown."""


@secrets.command("list", epilog=EXIT_CODES)
@_json
def list_(as_json: bool) -> None:
    """Names, when each was made if that is known, and which have an old value that still counts."""
    with told(as_json=as_json):
        store = SecretStore.of(infra_file.load())
        found = records(store)
    if as_json:
        click.echo(json.dumps({"success": True, "secrets": found}))
        return
    for each in found:
        age = "from the environment" if each["environment"] else each["age"]
        notes = [age, *(["the old one counts too"] if each["previous"] else []), each["purpose"]]
        click.echo(f"{each['name']:<30} {', '.join(str(note) for note in notes)}")


@secrets.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@_every
@_dry_run
@_json
def rotate(name: str | None, every: bool, dry_run: bool, as_json: bool) -> None:
    """A new value in the store for NAME or --all, and what to do next; no host is changed.

    Where the platform takes two values at once the old one is kept until `codeb secrets forget`.
    """
    with told(as_json=as_json):
        infra = infra_file.load()
        store = SecretStore.of(infra)
        rows = _rotatable(store, infra) if _all(name, every) else _one(store, infra, str(name))
        if rows and not dry_run:
            store.change(lambda values: rotated(values, rows, new_value))
    _tell(rows, list(steps(rows)), "rotated", dry_run=dry_run, as_json=as_json)


@secrets.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@_every
@_dry_run
@_json
def forget(name: str | None, every: bool, dry_run: bool, as_json: bool) -> None:
    """Take the old value of NAME, or of --all, out of the store, and say what makes the hosts forget it too.

    The old env_key goes by its name only, after `codeb env rotate-key`: what is still stored under it is lost with it.
    """
    with told(as_json=as_json):
        infra = infra_file.load()
        store = SecretStore.of(infra)
        known = store.values()
        wanted = secrets_of(tuple(known)) if _all(name, every) else [_known(store, infra, str(name))]
        rows = _rows([each for each in wanted if f"{each}{PREVIOUS}" in known], infra)
        rows = {each: row for each, row in rows.items() if not (every and row.encrypts)}
        if rows and not dry_run:
            store.change(lambda values: forgotten(values, tuple(rows)))
    _tell(rows, list(after_forgetting(rows)), "forgotten", dry_run=dry_run, as_json=as_json)


secrets.add_command(set_)
secrets.add_command(encrypt)
secrets.add_command(decrypt)
secrets.add_command(passwd)


def _all(name: str | None, every: bool) -> bool:
    if bool(name) == every:
        raise InvalidInput("name", "say either the name of a secret or --all")
    return every


def _known(store: SecretStore, infra: Infra, name: str) -> str:
    if _row(name, infra) is None:
        raise UnknownSecret(name, secrets_of(tuple(store.values())))
    return name


def _one(store: SecretStore, infra: Infra, name: str) -> Rows:
    rows = _rows([_known(store, infra, name)], infra)
    row = rows[name]
    if given := [variable(entry) for entry in row.entries(name) if store.given(entry)]:
        raise NotOurs(f"{name} comes from the environment ({', '.join(given)}): change it there")
    if row.making is Making.OPERATOR:
        raise NotOurs(
            f"{name} is not the platform's to make: have a new one made there, then `codeb secrets set {name}`"
        )
    return {name: row} if set(row.entries(name)) & store.values().keys() else {}


def _rotatable(store: SecretStore, infra: Infra) -> Rows:
    if store.file is None:
        raise NotOurs("the secrets come from the environment: change them there")
    rows = _rows(secrets_of(tuple(store.values())), infra)
    return {
        name: row
        for name, row in rows.items()
        if row.making is not Making.OPERATOR and not any(store.given(entry) for entry in row.entries(name))
    }


def _rows(names: Sequence[str], infra: Infra) -> dict[str, Row]:
    return {name: row for name in names if (row := _row(name, infra))}


def _row(name: str, infra: Infra) -> Row | None:
    return row_of(name, external_s3=infra.s3_engine == "external") if "*" not in name else None


_NOTHING = {
    "rotated": "nothing to do: the store does not have it, and the next run makes what it needs",
    "forgotten": "nothing to do: no old value is kept",
}


def _tell(rows: Rows, todo: Sequence[str], word: str, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = [{"name": name, "interrupts": row.interrupts, "ends": row.ends} for name, row in rows.items()]
        record = {"success": True, "dryRun": dry_run, "changed": bool(rows) and not dry_run}
        click.echo(json.dumps({**record, word: told, "steps": list(todo)}))
        return
    if not rows:
        click.echo(_NOTHING[word])
    for name, row in rows.items():
        click.echo(f"{'would be ' if dry_run else ''}{word}: {name}")
        if word == "rotated":
            click.echo(f"  interrupts: {row.interrupts}\n  the old one ends by: {row.ends}")
    for number, step in enumerate(todo, 1):
        click.echo(f"{number}. {step}")
