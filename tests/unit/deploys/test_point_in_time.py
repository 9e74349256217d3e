"""What of the server's changes is kept, which base backup a time needs, and whose the repository is."""

import importlib
import json
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from deploys.components import point_in_time
from deploys.components.backup_units import PROGRAM
from deploys.components.host_certificate import TEXTFILES
from deploys.components.postgres import conf
from deploys.operations.stanza import Identifiers, lacking
from deploys.platform import Platform
from deploys.rendering import TEMPLATES, render

DAY = 86_400
NOW = 1_796_000_000.0
INFO = [
    {
        "name": "main",
        "db": [{"id": 1, "version": "15"}, {"id": 2, "version": "15"}],
        "backup": [
            {
                "label": f"2026{place}",
                "type": kind,
                "error": broken,
                "database": {"id": 2},
                "timestamp": {"start": NOW - days * DAY - 60, "stop": NOW - days * DAY},
                "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000002"},
                "info": {"size": 900, "repository": {"delta": 100 if kind == "full" else 10}},
            }
            for place, (kind, days, broken) in enumerate([("full", 6, False), ("diff", 5, False), ("diff", 1, True)])
        ],
    }
]


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TEMPLATES / "backup"))


def program(name: str) -> Any:
    return importlib.import_module(name)


def backups() -> list[Any]:
    found: list[Any] = program("repository").parsed(json.dumps(INFO))
    return found


def texts() -> dict[str, str]:
    return {Path(file.dest).name: file.data.decode() for file in point_in_time.files(15)}


def test_postgresql_hands_its_changes_to_the_stanza_that_is_kept(platform: Platform) -> None:
    settings = conf(platform, 4 << 20)
    assert "archive_mode = on\n" in settings
    assert f"archive_command = '{PROGRAM}/pgbackrest-archive.sh %p'\n" in settings
    assert f"pgbackrest --stanza={point_in_time.STANZA} archive-push" in texts()["pgbackrest-archive.sh"]
    assert program("repository").STANZA == point_in_time.STANZA


def test_two_full_backups_stay_and_postgresqls_own_disk_is_bounded() -> None:
    parser = ConfigParser()
    parser.read_string(texts()["pgbackrest.conf"])
    assert parser["global"]["repo1-retention-full"] == "2"
    assert parser["global"]["archive-push-queue-max"] == "2048MiB"
    assert parser["main"]["pg1-path"] == "/var/lib/postgresql/15/main"


@pytest.mark.parametrize(
    ("name", "command", "report"),
    [
        (point_in_time.BASE, "base.py /var/lib/pgbackrest 1024", "base.json"),
        (point_in_time.ARCHIVED, "archived.py /var/lib/pgbackrest 4096", "missing.json"),
    ],
)
def test_a_unit_writes_into_the_repository_alone_and_root_publishes(name: str, command: str, report: str) -> None:
    lines = set(texts()[f"{name}.service"].splitlines())
    home = "/usr/bin/python3 -B /usr/local/lib/codeb/backup"
    published = f"publish.py /var/lib/pgbackrest {TEXTFILES}/{name}.prom {report}"
    assert lines >= {
        "User=postgres",
        f"ExecStart={home}/{command}",
        f"ExecStopPost=+{home}/{published}",
        "ReadWritePaths=/var/lib/pgbackrest",
        "RestrictAddressFamilies=AF_UNIX",
    }
    assert report in program("publish").FILES
    assert "WantedBy=timers.target" in texts()[f"{name}.timer"]


def test_what_was_restored_listens_nowhere_and_archives_nothing() -> None:
    text = texts()["codeb-rewind.service"]
    for setting in ("listen_addresses= ", "archive_mode=off", "unix_socket_directories=/var/lib/codeb-rewind "):
        assert f"-c {setting}" in text
    assert "WantedBy" not in text, "it is started by hand alone"
    assert str(program("rewind").ROOT) == point_in_time.REWOUND


def test_a_broken_base_backup_does_not_count() -> None:
    assert [each.label for each in backups()] == ["20260", "20261"]
    assert {each.archive for each in backups()} == {"15-2"}


def test_a_week_begins_with_a_full_one_and_goes_on_with_what_is_different() -> None:
    base = program("base")
    assert base.wanted([], NOW) == "full"
    assert base.wanted(backups(), NOW) == "diff"
    assert base.wanted(backups(), NOW + DAY) == "full"


def test_it_wants_as_much_room_as_the_last_of_its_kind() -> None:
    base = program("base")
    assert (base.room(backups(), "full"), base.room(backups(), "diff")) == (100, 10)


def test_the_newest_base_backup_that_had_ended_by_then_is_gone_back_to() -> None:
    rewind = program("rewind")
    assert rewind.chosen(backups(), NOW).label == "20261"
    assert rewind.chosen(backups(), NOW - 5 * DAY).label == "20261"
    assert rewind.chosen(backups(), NOW - 5 * DAY - 1).label == "20260"


def test_before_the_oldest_there_is_no_way_back() -> None:
    rewind, failed = program("rewind"), program("common").Failed
    with pytest.raises(failed, match=r"no way back to .*: the oldest base backup ended: 20"):
        rewind.chosen(backups(), NOW - 7 * DAY)
    with pytest.raises(failed, match="none has been made"):
        rewind.chosen([], NOW)


def names(*numbers: int, timeline: int = 1) -> list[str]:
    return [f"{timeline:08X}{number // 256:08X}{number % 256:08X}-{'a' * 40}.zst" for number in numbers]


@pytest.mark.parametrize(
    ("found", "last", "count"),
    [
        (names(2, 3, 4), "000000010000000000000004", 0),
        (names(2, 4), "", 1),
        (names(3, 4), "", 1),  # the very first one
        (names(1, 2, 3), "", 0),  # older ones do not matter
        (names(*range(2, 257)), "", 0),  # over the edge of a log
        (names(*range(2, 255), 257), "", 2),
        (names(2, 3), "000000010000000000000006", 3),  # the newest, which PostgreSQL let go of
        (names(2, 3), "000000020000000000000003.history", 0),
        (names(2, 3), "000000010000000000000001", 0),
        ([*names(2, 3), *names(3, 4, timeline=2)], "000000020000000000000004", 0),
        ([*names(2), "00000002.history"], "", 0),
        ([], "000000010000000000000003", 2),
    ],
)
def test_a_segment_that_is_not_there_is_counted(found: list[str], last: str, count: int) -> None:
    assert program("repository").missing(found, "000000010000000000000002", last) == count


@pytest.mark.parametrize(("reserve_mb", "pushed"), [(0, ["--stanza=main archive-push pg_wal/1"]), (10**12, [])])
def test_the_last_of_the_disk_is_for_the_databases(tmp_path: Path, reserve_mb: int, pushed: list[str]) -> None:
    script, program = tmp_path / "pgbackrest-archive.sh", tmp_path / "pgbackrest"
    script.write_text(
        render("point_in_time/pgbackrest-archive.sh.j2", repository=tmp_path, stanza="main", reserve_mb=reserve_mb)
    )
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/pushed\n')
    program.chmod(0o755)
    way = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh", script, "pg_wal/1"], env=way, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert ("dropped WAL file pg_wal/1" in done.stderr) is not bool(pushed)
    assert ((tmp_path / "pushed").read_text().splitlines() if pushed else []) == pushed
    assert (tmp_path / "pushed").exists() is bool(pushed)


@pytest.mark.parametrize(
    ("found", "command"),
    [
        ({"cluster": "7"}, "stanza-create"),
        ({"cluster": "7", "archive": "7"}, "stanza-create"),
        ({"cluster": "8", "archive": "7", "backup": "7"}, "stanza-upgrade"),
        ({"cluster": "8", "archive": "8", "backup": "7"}, "stanza-upgrade"),
        ({"cluster": "8", "archive": "8", "backup": "8"}, ""),
    ],
)
def test_the_repository_is_made_for_the_cluster_that_runs(found: dict[str, str], command: str) -> None:
    assert lacking(found) == command


def test_numbers_that_are_not_known_are_left_out() -> None:
    assert Identifiers().process(["cluster=7", "archive=", "backup=7"]) == {"cluster": "7", "backup": "7"}
