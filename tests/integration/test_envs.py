"""Variables in a real PostgreSQL: versions, writers at once, and a key that rotates through a kill. Spec section 7."""

import base64
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeb.adapters.env_cipher import EnvCipher, key_id
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.env_vault import EnvVaultRows
from codeb.adapters.postgres.envs import EnvRows
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.errors import Unavailable
from codeb.services.actor import Actor
from codeb.services.env_restore import RestoreEnv
from codeb.services.env_rotation import RotateEnvKey
from codeb.services.env_sync import EnvSync
from codeb.services.errors import EnvDamaged, MissingEnvKey
from codeb.services.protocols import EnvVersion
from codeb.settings import Database as DatabaseSettings
from codeb.settings import Secret

pytestmark = pytest.mark.integration

BLOG, STAGING = Environment.of("blog"), Environment.of("blog", "staging")
ME = Actor("key_1", "cli", "team-a")
OLD, NEW = Secret("the old key"), Secret("the new key")


@dataclass(frozen=True)
class Stored:
    """A database that knows blog, with as many keys as a test wants."""

    database: Database
    copies: DotenvFiles

    def __post_init__(self) -> None:
        self.projects.create(
            "blog", team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
        )

    @property
    def projects(self) -> StoredProjects:
        copies = ProjectCopies(self.copies.directory)
        return StoredProjects(ProjectRows(self.database, "codeb.test"), copies)

    def envs(self, key: Secret, *previous: Secret, **more: Any) -> EnvRows:
        return EnvRows(self.database, key, self.copies, previous, **more)

    def rotate(self, key: Secret, *previous: Secret) -> RotateEnvKey:
        return rotation(self.database, key, *previous)

    def sql(self, text: str, *values: object) -> list[dict[str, Any]]:
        with self.database.transaction() as connection:
            done = connection.execute(text, values)
            return done.fetchall() if done.description else []


def rotation(database: Database, key: Secret, *previous: Secret) -> RotateEnvKey:
    return RotateEnvKey(EnvVaultRows(database, EnvCipher(key, previous)), batch=10)


@pytest.fixture
def stored(database: Database, tmp_path: Path) -> Iterator[Stored]:
    yield Stored(database, DotenvFiles(tmp_path))


def test_a_row_holds_neither_value_nor_name_nor_key(stored: Stored) -> None:
    stored.envs(OLD).write(BLOG, {"PAYMENT_TOKEN": "hunter2-hunter2"}, "me")
    (row,) = stored.sql("SELECT *, project_envs::text AS whole FROM project_envs")
    raw = bytes(row["encrypted"])
    everything = raw + base64.urlsafe_b64decode(raw) + row["whole"].encode() + bytes.fromhex(raw.hex())
    for secret in (b"hunter2-hunter2", b"PAYMENT_TOKEN", b"the old key"):
        for form in (secret, base64.b64encode(secret)[:-4], secret.hex().encode()):
            assert form not in everything
    assert row["key_id"] == key_id(OLD)


def test_the_history_is_read_newest_first_and_in_pages(stored: Stored) -> None:
    envs = stored.envs(OLD)
    for number in range(1, 6):
        envs.write(BLOG, {"A": str(number)}, f"writer {number}")
    envs.write(STAGING, {"B": "1"}, "me")
    RestoreEnv(stored.projects, envs)(BLOG, 2, ME)
    page = envs.stored(BLOG, limit=2)
    assert [(each.version, each.restored_from, each.created_by) for each in page] == [
        (6, 2, "key_1"),
        (5, None, "writer 5"),
    ]
    assert page[0].created_at >= page[1].created_at
    assert [each.variables for each in envs.stored(BLOG, before=3, limit=10)] == [{"A": "2"}, {"A": "1"}]
    assert envs.stored(BLOG, before=1, limit=10) == []
    assert envs.current(BLOG) == EnvVersion(6, {"A": "2"})


def test_of_twelve_who_merge_at_once_nobody_loses_a_variable(stored: Stored) -> None:
    sync, start = EnvSync(stored.projects, stored.envs(OLD)), threading.Barrier(12)

    def one(number: int) -> int:
        start.wait()
        return sync(BLOG, {f"A{number}": str(number)}, ME, merge=True).version

    with ThreadPoolExecutor(12) as pool:
        versions = sorted(pool.map(one, range(12)))
    assert versions == list(range(1, 13))
    assert sync.get(BLOG) == EnvVersion(12, {f"A{number}": str(number) for number in range(12)})


def test_every_value_that_passes_is_learnt(stored: Stored) -> None:
    learnt: list[str] = []
    envs = stored.envs(OLD, learn=lambda variables: learnt.extend(variables.values()))
    envs.write(BLOG, {"A": "one"}, "me")
    assert learnt == ["one"]
    envs.current(BLOG)
    envs.version(BLOG, 1)
    envs.stored(BLOG, limit=1)
    assert learnt == ["one"] * 4


def test_while_the_database_is_away_a_copy_is_learnt_and_is_no_history(away: Database, tmp_path: Path) -> None:
    learnt: list[str] = []
    copies = DotenvFiles(tmp_path)
    copies.write(BLOG, EnvVersion(3, {"A": "one"}))
    envs = EnvRows(away, OLD, copies, learn=lambda variables: learnt.extend(variables.values()))
    assert envs.current(BLOG).variables == envs.version(BLOG, 3).variables == {"A": "one"}
    assert learnt == ["one", "one"]
    for attempt in (
        lambda: envs.stored(BLOG, limit=1),
        lambda: envs.write(BLOG, {"A": "two"}, "me"),
        rotation(away, NEW, OLD),
    ):
        with pytest.raises(Unavailable):
            attempt()


def test_a_rotation_puts_every_version_under_the_new_key_once(stored: Stored) -> None:
    fill(stored.envs(OLD), 25)
    both = stored.envs(NEW, OLD)
    assert both.current(BLOG) == EnvVersion(25, {"A": "25"})
    both.write(BLOG, {"A": "26"}, "me")
    rotate = stored.rotate(NEW, OLD)
    assert (rotate.look().left, rotate.look().under_key) == (25, 1)
    done = rotate()
    assert (done.changed, done.under_key, done.left, done.missing) == (25, 26, 0, {})
    before = stored.sql("SELECT encrypted FROM project_envs ORDER BY version")
    assert rotate().changed == 0
    assert stored.sql("SELECT encrypted FROM project_envs ORDER BY version") == before
    new = stored.envs(NEW)
    assert [new.version(BLOG, number).variables["A"] for number in range(1, 27)] == [str(n) for n in range(1, 27)]
    with pytest.raises(MissingEnvKey, match=key_id(NEW)):
        stored.envs(OLD).version(BLOG, 1)


def test_a_rotation_keeps_who_stored_a_version_and_when(stored: Stored) -> None:
    fill(stored.envs(OLD), 3)
    RestoreEnv(stored.projects, stored.envs(OLD))(BLOG, 1, ME)
    facts = "SELECT version, created_by, created_at, restored_from FROM project_envs ORDER BY version"
    before = stored.sql(facts)
    stored.rotate(NEW, OLD)()
    assert stored.sql(facts) == before


def test_rows_from_before_there_were_key_ids_are_read_and_rotated(stored: Stored) -> None:
    fill(stored.envs(OLD), 3)
    stored.sql("UPDATE project_envs SET key_id = NULL")
    assert stored.envs(NEW, OLD).current(BLOG).variables == {"A": "3"}
    with pytest.raises(MissingEnvKey, match="another key"):
        stored.envs(NEW).current(BLOG)
    assert stored.rotate(NEW)().missing == {"": 3}
    assert stored.rotate(NEW, OLD)().changed == 3
    assert stored.envs(NEW).current(BLOG).variables == {"A": "3"}


def test_a_key_that_is_not_at_hand_is_named_and_the_others_are_rotated(stored: Stored) -> None:
    lost = Secret("a lost key")
    fill(stored.envs(lost), 12)
    fill(stored.envs(OLD), 3)
    with pytest.raises(MissingEnvKey, match=f"the key {key_id(lost)}; put that key into CODEB_ENV_KEY_PREVIOUS"):
        stored.envs(NEW, OLD).version(BLOG, 1)
    rotate = stored.rotate(NEW, OLD)
    assert rotate.look().missing == {key_id(lost): 12}
    done = rotate()
    assert (done.changed, done.left, done.missing) == (3, 0, {key_id(lost): 12})
    listed = stored.envs(NEW).stored(BLOG, limit=4)
    assert [(each.version, each.variables) for each in listed][-2:] == [(13, {"A": "1"}), (12, None)]
    assert listed[-1].key_id == key_id(lost)
    assert stored.rotate(NEW, lost)().changed == 12


def test_a_damaged_version_is_told_and_stops_nobody(stored: Stored) -> None:
    fill(stored.envs(OLD), 3)
    stored.sql("UPDATE project_envs SET encrypted = set_byte(encrypted, 40, 65) WHERE version = 2")
    stored.sql("UPDATE project_envs SET encrypted = set_byte(encrypted, 41, 66) WHERE version = 2")
    with pytest.raises(EnvDamaged):
        stored.envs(OLD).version(BLOG, 2)
    assert [each.variables is None for each in stored.envs(OLD).stored(BLOG, limit=3)] == [False, True, False]
    done = stored.rotate(NEW, OLD)()
    assert (done.changed, done.missing) == (2, {key_id(OLD): 1})


def test_two_rotations_and_a_writer_at_once_leave_everything_under_the_new_key(stored: Stored) -> None:
    fill(stored.envs(OLD), 40)
    start = threading.Barrier(3)

    def at_once(act: Callable[[], int]) -> int:
        start.wait()
        return act()

    def write() -> int:
        return fill(stored.envs(NEW, OLD), 10)

    def rotate() -> int:
        return stored.rotate(NEW, OLD)().changed

    with ThreadPoolExecutor(3) as pool:
        *rotated, _ = pool.map(at_once, (rotate, rotate, write))
    assert sum(rotated) == 40
    assert stored.sql("SELECT DISTINCT key_id FROM project_envs") == [{"key_id": key_id(NEW)}]
    assert stored.envs(NEW).current(BLOG) == EnvVersion(50, {"A": "10"})


@pytest.mark.parametrize("update", [1, 10, 15, 25])
def test_a_rotation_killed_in_the_middle_is_ended_by_the_next_run(
    stored: Stored, postgres_settings: DatabaseSettings, update: int
) -> None:
    fill(stored.envs(OLD), 25)
    process = multiprocessing.get_context("spawn").Process(target=rotate_and_die, args=(postgres_settings, update))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    whole = (update - 1) // 10 * 10
    look = stored.rotate(NEW, OLD).look()
    assert (look.under_key, look.left) == (whole, 25 - whole), "a batch is there whole or not at all"
    both = stored.envs(NEW, OLD)
    assert [both.version(BLOG, number).variables["A"] for number in range(1, 26)] == [str(n) for n in range(1, 26)]
    assert stored.rotate(NEW, OLD)().changed == 25 - whole
    assert stored.rotate(NEW, OLD)().changed == 0
    assert json.dumps([dict(each.variables or {}) for each in stored.envs(NEW).stored(BLOG, limit=25)]).count("A") == 25


def fill(envs: EnvRows, count: int) -> int:
    for number in range(1, count + 1):
        envs.write(BLOG, {"A": str(number)}, f"writer {number}")
    return count


def rotate_and_die(settings: DatabaseSettings, update: int) -> None:
    """In a process of its own: gone by SIGKILL right after that many rows were sealed anew, before their commit."""
    execute, sealed = psycopg.Connection.execute, 0

    def counting(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
        nonlocal sealed
        done = execute(connection, query, *arguments, **more)
        sealed += "UPDATE project_envs" in str(query)
        if sealed == update:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(psycopg.Connection, "execute", counting)  # noqa: B010
    rotation(Database.open(settings), NEW, OLD)()
