"""One component brought to another version by the commands of docs/operations.md, with sites asked meanwhile.

PostgreSQL goes from the distribution's release to its security archive's. Centrifugo gets another file, then one that
does not start, and goes home by what the failed run says. codeb goes to a release of its own checkout, this one with
another number, from there to one that does not start, and home again. Issue 6, item 8.
"""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab import hosts, manual, nights
from tests.lab.api import Api, wait_ready
from tests.lab.artifacts import program, sha256
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.faults import DATABASE, stopped
from tests.lab.hosts import DOMAIN
from tests.lab.paths import INFRA, LAB, ROOT
from tests.lab.record import PROJECT

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("another_day")]

POSTGRES, CODEB = manual.commands("## Upgrades")
PACKAGES = ("postgresql-15", "postgresql-client-15", "libpq5")
NEXT = "99.0.0"
OTHER_INFRA = LAB / "infra-of-the-upgrade.toml"
"""Beside the store, which it names."""
NOT_OF_THE_RELEASE = (".*", "__pycache__", "tests", "bench", "docs", "reference")
Machines = Mapping[str, Any]
Story = Callable[[str, object], None]


@contextmanager
def visited(browser: Browser) -> Iterator[list[str]]:
    """The sample project's site is asked all the time; what was not its answer is in the list."""
    wrong: list[str] = []
    asked = 0
    over = threading.Event()

    def ask() -> None:
        nonlocal asked
        while not over.wait(0.05):
            asked += 1
            try:
                answer = browser.get(f"{PROJECT}.{DOMAIN}")
            except OSError as error:
                wrong.append(repr(error))
            else:
                if answer.status != 200 or not answer.body.startswith("hello "):
                    wrong.append(f"{answer.status} {answer.body[:100]}")

    visitor = threading.Thread(target=ask)
    visitor.start()
    try:
        yield wrong
    finally:
        over.set()
        visitor.join()
    assert asked > 0, "nobody looked"


@pytest.fixture(scope="module", autouse=True)
def copied(machines: Machines) -> None:
    """What the nights do, as the page says."""
    nights.copied(machines)


def version(storage: Any, package: str = PACKAGES[0]) -> str:
    found: str = storage.check_output(f"dpkg-query --show --showformat '${{Version}}' {package}")
    return found


@pytest.fixture(scope="module")
def older(machines: Machines) -> Iterator[str]:
    """The storage host has an older PostgreSQL, by the way back that a failed upgrade names."""
    storage = machines["storage"]
    storage.check_output("apt-get -qq update")
    listed = storage.check_output(f"apt-cache madison {PACKAGES[0]}").splitlines()
    newest, *others = (line.split("|")[1].strip() for line in listed)
    if not others:
        pytest.skip(f"the distribution's archives have {newest} alone")
    install(storage, others[-1])
    yield others[-1]
    install(storage, newest)


def install(storage: Any, wanted: str) -> None:
    if version(storage) != wanted:
        names = " ".join(f"{package}={wanted}" for package in PACKAGES)
        storage.check_output(f"DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --allow-downgrades {names}")


def test_what_is_sick_or_has_no_young_backup_is_left_alone(machines: Machines, older: str) -> None:
    storage = machines["storage"]
    with stopped(storage, DATABASE):
        assert "it is not healthy now: mend that first" in manual.fails(POSTGRES)
    storage.check_output("mv /var/backups/codeb/copies.json /var/backups/codeb/copies.kept")
    try:
        assert "no backup younger than a day of: everything" in manual.fails(POSTGRES)
    finally:
        storage.check_output("mv /var/backups/codeb/copies.kept /var/backups/codeb/copies.json")
    assert version(storage) == older


def test_postgres_goes_to_the_newest_and_sites_are_served(
    machines: Machines, browser: Browser, older: str, record_property: Story
) -> None:
    storage = machines["storage"]
    with visited(browser) as wrong:
        said = manual.run(POSTGRES)
    now = version(storage)
    assert now != older
    running = storage.check_output("runuser -u postgres -- psql -XAtqc 'SHOW server_version'")
    assert now in running, "the server runs what was installed"
    assert "postgres: " in said
    assert f" -> {running}" in said
    assert wrong == []
    assert f"postgres: {running}, as before" in manual.run(POSTGRES)
    record_property("postgres was upgraded", f"{older} -> {now}")


def declared(program: Path) -> str:
    """The upgrade of Centrifugo with another infra.toml, which names this file."""
    head, mark, rest = INFRA.read_text().partition("[components.centrifugo]")
    assert mark
    url = re.sub(r"^url = .*$", f"url = {json.dumps(program.as_uri())}", rest, count=1, flags=re.MULTILINE)
    text = re.sub(r"^sha256 = .*$", f'sha256 = "{sha256(program)}"', url, count=1, flags=re.MULTILINE)
    OTHER_INFRA.write_text(head + mark + text)
    command = POSTGRES.replace("--limit storage", "--limit streaming").replace("=postgres", "=centrifugo")
    return f"CODEB_INFRA={OTHER_INFRA} {command}"


def on_host(streaming: Any) -> str:
    found: str = streaming.check_output("sha256sum /usr/local/bin/centrifugo").split()[0]
    return found


def test_a_file_that_does_not_start_is_told_with_a_way_back_that_works(machines: Machines, tmp_path: Path) -> None:
    streaming = machines["streaming"]
    before = on_host(streaming)
    other, bad = tmp_path / "other", tmp_path / "bad"
    other.write_bytes(program("centrifugo").read_bytes() + b"another")
    bad.write_text("#!/bin/sh\necho this one is bad >&2\nexit 1\n")
    health = f"curl -sf --cacert /etc/codeb/tls/ca.pem https://{hosts.all_hosts()['streaming'].address}:8001/health"
    try:
        manual.run(declared(other))
        assert on_host(streaming) == sha256(other)
        streaming.check_output(health)

        said = manual.fails(declared(bad), seconds=180)
        assert "this one is bad" in said, "the unit's last words"
        assert "write version, url and sha256 of before into infra.toml" in said
        assert "it is not healthy now" in manual.fails(declared(other)), "an upgrade is no way back"
    finally:
        OTHER_INFRA.unlink(missing_ok=True)
        manual.run(".venv/bin/pyinfra inventory.py deploys/bootstrap.py --limit streaming -y")
    assert on_host(streaming) == before
    streaming.check_output(health)


def release(directory: Path, number: str) -> Path:
    """A checkout of another release: this one's files, and another number."""
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*NOT_OF_THE_RELEASE))
    (directory / "VERSION").write_text(f"{number}\n")
    return directory


def broken(directory: Path) -> Path:
    """One whose API does not start, and whose patience is short so that the test is."""
    release(directory, "100.0.0")
    change(directory / "codeb/api/serve.py", "\ndef serve(", '\nraise RuntimeError("a bad release")\n\n\ndef serve(')
    change(directory / "deploys/components/api.py", "seconds=90", "seconds=4")
    change(directory / "deploys/operations/upgrade.py", "seconds: int = 60", "seconds: int = 4")
    return directory


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, path
    path.write_text(text.replace(old, new))


def installed(app: Any) -> str:
    said: str = app.check_output("/usr/local/bin/codeb --version")
    return said.rpartition(" ")[2]


def test_codeb_without_a_young_copy_of_its_state_is_left_alone(machines: Machines) -> None:
    app = machines["app"]
    app.check_output("mv /var/backups/codeb-state/copies.json /var/backups/codeb-state/copies.kept")
    try:
        assert "no backup younger than a day of: everything" in manual.fails(CODEB)
    finally:
        app.check_output("mv /var/backups/codeb-state/copies.kept /var/backups/codeb-state/copies.json")


def test_codeb_goes_to_another_release_and_back_and_a_bad_one_is_undone(
    machines: Machines, api: Api, browser: Browser, lab: Confidential, tmp_path: Path
) -> None:
    app, here = machines["app"], (ROOT / "VERSION").read_text().strip()
    try:
        with visited(browser) as wrong:
            said = manual.run(CODEB, checkout=release(tmp_path / "next", NEXT))
            assert installed(app) == NEXT
            assert f"codeb {here} -> " in said
            assert f"codeb {NEXT}" in said

            said = manual.fails(CODEB, seconds=180, checkout=broken(tmp_path / "broken"))
            assert "codeb is not well within 4 s" in said
            assert "a bad release" in said, "the unit's last words"
            assert "the environment of before is linked in again already" in said
            assert installed(app) == NEXT
            wait_ready(lab["api_url"])
            assert api.tool("slot_status", projectName=PROJECT)["activeSlot"]
        assert wrong == []
    finally:
        manual.run(CODEB)
    assert installed(app) == here
    wait_ready(lab["api_url"])
    assert "as before" in manual.run(CODEB)
