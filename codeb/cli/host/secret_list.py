"""What `codeb secrets list` says of each secret of a store; never its value."""

from datetime import UTC, datetime

from codeb.domain.secret_table import PREVIOUS, TABLE, row_of, secret_of, secrets_of
from codeb.secret_store import SecretStore

Record = dict[str, object]


def records(store: SecretStore) -> list[Record]:
    """The platform's secrets in the table's order, then names that are nothing to it."""
    entries, made = store.names(row.name for row in TABLE), store.made()
    others = sorted(entry for entry in entries if secret_of(entry) is None)
    return [
        *(_record(name, store, entries, made) for name in secrets_of(entries)),
        *(_told(name, made.get(name), purpose="nothing of the platform's") for name in others),
    ]


def _record(name: str, store: SecretStore, entries: list[str], made: dict[str, datetime]) -> Record:
    row = row_of(name)
    parts = row.entries(name) if row else ()
    return _told(
        name,
        max((made[part] for part in parts if part in made), default=None),
        purpose=row.purpose if row else "",
        previous=f"{name}{PREVIOUS}" in entries,
        environment=any(store.given(part) for part in parts),
    )


def _told(
    name: str, made: datetime | None, *, purpose: str, previous: bool = False, environment: bool = False
) -> Record:
    return {
        "name": name,
        "madeAt": made and made.isoformat(),
        "age": f"{(datetime.now(UTC) - made).days} days old" if made else "age unknown",
        "previous": previous,
        "environment": environment,
        "purpose": purpose,
    }
