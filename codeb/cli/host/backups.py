"""codeb backups: what the backup host has, decrypted on the operator's machine and nowhere else. Security row 12."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from codeb import infra_file
from codeb.adapters import opened_copy
from codeb.adapters.ssh_pipe import SshPipe
from codeb.cli.exits import EXIT_CODES, REFUSED, told
from codeb.cli.host.rewind import rewind
from codeb.domain.backup_copies import ROOT, Copy, left_out, listed, newest, to_restore
from codeb.domain.infra import Infra, Role
from codeb.errors import ConfigError, InvalidInput, Refused
from codeb.secret_store import SecretStore

METRICS = "/var/lib/prometheus/node-exporter/codeb-backup-verify.prom"
METRIC = "codeb_backup_decryption_last_success_timestamp_seconds"
RESTORE = "/usr/bin/python3 -B /usr/local/lib/codeb/backup/restore.py"
IDENTITY = "backup_identity"

_ROLES = click.Choice([Role.STORAGE.value, Role.APP.value])
_json = click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")


@click.group()
def backups() -> None:
    """The encrypted copies on the backup host, from the operator's machine with infra.toml and its secrets."""


backups.add_command(rewind)


@backups.command("list", epilog=EXIT_CODES)
@_json
def list_(as_json: bool) -> None:
    """Every version of everything that is backed up."""
    with told(as_json=as_json):
        found = _copies(_pipe(infra_file.load(), Role.BACKUP))
    if as_json:
        click.echo(json.dumps({"success": True, "copies": [_record(copy) for copy in found]}))
        return
    for copy in found:
        click.echo(f"{copy.sender:<12} {copy.label:<30} {copy.version}  {copy.size} bytes")


@backups.command(epilog=EXIT_CODES)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", default="", help="This one instead of the newest, of whatever has it.")
@_json
def fetch(directory: Path, version: str, as_json: bool) -> None:
    """Decrypt the newest of everything into the new DIRECTORY, one below it for each."""
    with told(as_json=as_json):
        infra = infra_file.load()
        pipe, keys = _pipe(infra, Role.BACKUP), _identities(infra)
        found = _copies(pipe)
        wanted = newest(copy for copy in found if version in {"", copy.version})
        if not wanted:
            raise Refused(f"there is no copy{f' of version {version}' if version else ''}")
        _make(directory)
        for copy in wanted:
            with _opened(pipe, copy, keys) as tar:
                opened_copy.unpacked(tar, directory / copy.sender / copy.item)
    _say(f"{len(wanted)} backups are in {directory}, in the clear", as_json, copies=[_record(each) for each in wanted])


@backups.command(epilog=EXIT_CODES)
@_json
def verify(as_json: bool) -> None:
    """Fetch and decrypt the newest of everything, look at whether it is what was backed up, and tell Prometheus."""
    with told(as_json=as_json):
        infra = infra_file.load()
        pipe, keys = _pipe(infra, Role.BACKUP), _identities(infra)
        results = {copy: _verified(pipe, copy, keys) for copy in newest(_copies(pipe))}
        if not results:
            raise Refused("the backup host has no copy yet: `systemctl start codeb-backup-copy` on the storage host")
        _mark(pipe, results)
    fit = all(good for good, _ in results.values())
    if as_json:
        records = [{**_record(copy), "good": good, "found": said} for copy, (good, said) in results.items()]
        click.echo(json.dumps({"success": fit, "copies": records}))
    else:
        for copy, (good, said) in results.items():
            click.echo(f"{'good' if good else 'BAD':<5} {copy.label:<30} {copy.version}  {said}")
    if not fit:
        raise click.exceptions.Exit(REFUSED)


@backups.command(epilog=EXIT_CODES)
@click.option(
    "--host",
    "role",
    type=click.Choice([Role.STORAGE.value, Role.APP.value]),
    required=True,
    help="The role to restore.",
)
@click.option("--database", default="", help="This database alone, and neither roles nor Redis.")
@click.option("--yes", is_flag=True, help="What the host has of it now is replaced: say so.")
@_json
def restore(role: str, database: str, yes: bool, as_json: bool) -> None:
    """Put the newest copies in the place of what the host has: roles, databases and Redis, or the app host's state.

    The host has been provisioned before. Without --yes it says what would be replaced, and changes nothing.
    """
    with told(as_json=as_json):
        infra = infra_file.load()
        if database and role != Role.STORAGE:
            raise InvalidInput("database", "databases are on the storage host: say --host storage")
        pipe, keys = _pipe(infra, Role.BACKUP), _identities(infra)
        copies, sender = _copies(pipe), infra.host_with(Role(role))
        wanted = to_restore(copies, Role(role), sender, database)
        left = [] if database else left_out(copies, Role(role), sender)
        if not wanted:
            raise Refused(f"there is no copy of {database or f'the {role} host'}: `codeb backups list` shows what is")
        target = _pipe(infra, Role(role))
        for copy in wanted if yes else ():
            with _opened(pipe, copy, keys) as tar, tar.open("rb") as source:
                click.echo(target.push(f"{RESTORE} {copy.kind}", source).strip(), err=True)
    verb = "restored" if yes else "would be replaced (say --yes)"
    lines = [f"{verb}: {copy.label} of {copy.version}" for copy in wanted]
    lines += [
        f"left out: {copy.label} of {copy.version}, not in the last backup; --database {copy.label} restores it"
        for copy in left
    ]
    facts = {"copies": [_record(copy) for copy in wanted], "leftOut": [_record(copy) for copy in left]}
    _say("\n".join(lines), as_json, changed=yes, **facts)


def _pipe(infra: Infra, role: Role) -> SshPipe:
    name = infra.host_with(role)
    return SshPipe(name, infra.hosts[name], infra_file.ssh_of(infra, name))


def _copies(pipe: SshPipe) -> list[Copy]:
    return listed(pipe.read(f"find {ROOT} -name '*.age' -type f -printf '%P %s\\n'").splitlines())


def _identities(infra: Infra) -> list[object]:
    store = SecretStore.of(infra)
    return list(opened_copy.identities([store.get(IDENTITY) or "", *store.previous(IDENTITY)]))


@contextmanager
def _opened(pipe: SshPipe, copy: Copy, keys: list[object]) -> Iterator[Path]:
    """The copy as a tar in the clear, for its owner's eyes, as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="codeb-backup-") as name:
        encrypted, tar = Path(name, "copy.age"), Path(name, "copy.tar")
        with encrypted.open("wb") as file:
            pipe.pull(f"cat {copy.path}", file)
        if encrypted.stat().st_size != copy.size:
            raise opened_copy.BadCopy(f"{copy.label} {copy.version}: it did not come whole")
        opened_copy.decrypted(encrypted, tar, keys)
        yield tar


def _verified(pipe: SshPipe, copy: Copy, keys: list[object]) -> tuple[bool, str]:
    try:
        with _opened(pipe, copy, keys) as tar:
            directory = tar.with_name("opened")
            opened_copy.unpacked(tar, directory)
            return True, opened_copy.checked(copy, directory)
    except opened_copy.BadCopy as error:
        return False, str(error)


def _mark(pipe: SshPipe, results: dict[Copy, tuple[bool, str]]) -> None:
    """What did not decrypt has 0, so that its alert fires."""
    now = f"{time.time():.0f}"
    values = {_escaped(copy.label): now if good else "0" for copy, (good, _) in results.items()}
    lines = [f"# TYPE {METRIC} gauge", *(f'{METRIC}{{database="{label}"}} {text}' for label, text in values.items())]
    with tempfile.TemporaryFile() as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.seek(0)
        pipe.push(f"umask 022; cat > {METRICS}.part && mv {METRICS}.part {METRICS}", file)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be made: {error.strerror}; name a new directory") from None


def _record(copy: Copy) -> dict[str, object]:
    return {
        "host": copy.sender,
        "name": copy.label,
        "version": copy.version,
        "madeAt": copy.made.isoformat(),
        "size": copy.size,
    }


def _say(text: str, as_json: bool, **facts: object) -> None:
    click.echo(json.dumps({"success": True, **facts}) if as_json else text)
