"""A part of the platform is away or full, before, during and after every use case. Issue 4, section 6."""

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codeb.bootstrap import Services
from codeb.domain.deployment import DeployFailed, DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import Environment
from codeb.errors import CodebError, Unavailable
from codeb.services.errors import JournalUnwritable, Locked, SwitchFailed
from codeb.services.release_steps import DeployRequest
from tests.integration.platform import DOMAIN, ME, Platform, assert_whole
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import until

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
UseCase = Callable[[Platform, Services], object]


def _deploy(platform: Platform, services: Services) -> None:
    platform.deploy(services, BLOG, "v1")


def _promote(platform: Platform, services: Services) -> None:
    services.rollback(BLOG, ME)
    services.promote(BLOG, ME)


USE_CASES: dict[str, UseCase] = {
    "deploy": _deploy,
    "rollback and promote": _promote,
    "maintenance": lambda _, services: [services.maintenance(BLOG, ME, on=on) for on in (True, False)],
    "pin": lambda _, services: services.pin(BLOG, ME, hours=500),
    "cleanup": lambda _, services: services.cleanup(BLOG, ME, force=True),
    "upkeep": lambda _, services: services.upkeep(),
    "recovery": lambda _, services: services.recover(),
}


@pytest.mark.parametrize("name", USE_CASES)
def test_without_the_database_every_release_works_and_is_in_it_afterwards(
    name: str, platform: Platform, services: Services, postgres: PostgresProcess
) -> None:
    postgres.stop()
    try:
        USE_CASES[name](platform, services)
        assert platform.ask(BLOG.host(DOMAIN)).body == "hello v2\n"
    finally:
        postgres.start()
    until(services.database.available, "the database answers again")
    services.recover()
    assert_whole(platform, services, BLOG)
    assert services.history.conflicts() == []


@pytest.mark.parametrize("name", USE_CASES)
def test_a_database_that_stops_and_returns_in_the_middle_disturbs_no_release(
    name: str, platform: Platform, services: Services, postgres: PostgresProcess
) -> None:
    done = threading.Event()

    def trouble() -> None:
        while not done.is_set():
            postgres.stop()
            postgres.start()

    troubled = threading.Thread(target=trouble)
    troubled.start()
    try:
        USE_CASES[name](platform, services)
    finally:
        done.set()
        troubled.join()
        postgres.start()
    until(services.database.available, "the database answers again")
    services.recover()
    assert_whole(platform, services, BLOG)
    assert services.history.conflicts() == []


def test_a_registry_that_is_away_fails_a_deploy_before_anything_is_touched(
    platform: Platform, services: Services
) -> None:
    before = services.status.slots.get(BLOG)
    platform.registry.stop()
    try:
        with pytest.raises(DeployFailed, match="registry"):
            platform.deploy(services, BLOG, "v1")
        assert services.rollback(BLOG, ME).changed, "and releases that need none go on"
        services.promote(BLOG, ME)
    finally:
        platform.registry.start()
        until(platform.registry.ready, "the registry answers again")
    after = assert_whole(platform, services, BLOG)
    assert (after.blue.release, after.green.release) == (before.blue.release, before.green.release)


def test_a_proxy_that_is_stopped_refuses_a_switch_and_nothing_is_half(platform: Platform, services: Services) -> None:
    before = services.status.slots.get(BLOG)
    platform.caddy.stop()
    try:
        for use_case in (lambda: services.rollback(BLOG, ME), lambda: services.maintenance(BLOG, ME, on=True)):
            with pytest.raises((SwitchFailed, Unavailable), match="Caddy"):
                use_case()
        platform.deploy(services, BLOG, "v1")
        assert not [each for each in services.upkeep() if each.mended]
    finally:
        platform.caddy.start()
        until(platform.caddy.ready, "Caddy answers again")
    after = assert_whole(platform, services, BLOG)
    assert after.active == before.active
    assert services.promote(BLOG, ME).changed
    assert platform.ask(BLOG.host(DOMAIN)).body == "hello v1\n"


@contextlib.contextmanager
def full(directory: Path) -> Iterator[None]:
    """The file system of ``directory`` has not a byte left."""
    with (directory / "ballast").open("wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 65536)
        with contextlib.suppress(OSError):
            while True:
                ballast.write(b"x")
    try:
        yield
    finally:
        (directory / "ballast").unlink()


@pytest.fixture
def small(platform: Platform) -> Iterator[Path]:
    """The journal, the locks and the pointers on a small disk of their own."""
    root = platform.caddy.directory
    mounted = [root / name for name in ("journal", "locks", "routes", "registry/slots")]
    for directory in mounted:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(directory)], check=True)
    yield root
    for directory in mounted:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.mark.parametrize("where", ["journal", "locks", "routes", "registry/slots"])
def test_a_full_disk_stops_a_use_case_with_everything_as_it_was(where: str, platform: Platform, small: Path) -> None:
    with platform.opened() as services:
        services.init_project("blog", ME)
        for version in ("v1", "v2"):
            platform.release(services, BLOG, version)
        before = services.status.slots.get(BLOG)
        refused = 0
        with full(small / where):
            for name, use_case in USE_CASES.items():
                try:
                    use_case(platform, services)
                except (CodebError, OSError) as error:
                    refused += 1
                    assert isinstance(error, CodebError), f"{name}: {error!r} is no sentence"
                assert platform.ask(BLOG.host(DOMAIN)).status == 200
        services.recover()
        after = assert_whole(platform, services, BLOG)
        if where == "journal":
            assert refused >= 4
            assert (after.blue.release, after.green.release) == (before.blue.release, before.green.release)
        assert platform.release(services, BLOG, "v1"), "and with room again all goes on"
        assert_whole(platform, services, BLOG)


def test_a_journal_that_cannot_be_written_is_said(platform: Platform, small: Path) -> None:
    with platform.opened() as services:
        services.init_project("blog", ME)
        with full(small / "journal"), pytest.raises(JournalUnwritable, match="No space left"):
            platform.deploy(services, BLOG, "v1")


def test_twenty_deploys_of_one_project_have_one_holder_at_a_time(platform: Platform, services: Services) -> None:
    places: list[int] = []

    def deploy(number: int) -> str:
        request = DeployRequest(BLOG, image=platform.image(f"v{number % 2 + 1}"), force=True)
        try:
            with platform.opened() as own:
                return own.deploy(request, ME, on_place=lambda place, _: places.append(place)).deployment_id
        except Locked as error:
            assert error.holder["by"] == ME.name
            return "locked"

    with ThreadPoolExecutor(20) as together:
        ended = list(together.map(deploy, range(20)))
    done = {each for each in ended if each != "locked"}
    assert len(done) >= 11, "one at work and ten who wait; the others are told who holds it"
    assert max(places) >= 2
    assert_whole(platform, services, BLOG)
    deployments = services.history.deployments("blog", None, 50)
    assert {each.status for each in deployments} == {DeploymentStatus.SUCCESS}
    assert done <= {each.id for each in deployments}
    assert _most_at_once(services) == 1


def _most_at_once(services: Services) -> int:
    """How many deploys were under way at the same time, by the journal."""
    under_way: set[object] = set()
    most = 0
    for event in services.delete_project.journal.events(BLOG):
        record = event.data.get("deployment")
        if event.kind is EventKind.DEPLOYMENT and isinstance(record, dict):
            (under_way.add if record["status"] in ("pending", "running") else under_way.discard)(record["id"])
            most = max(most, len(under_way))
    return most


def test_twenty_projects_at_once_have_ports_and_slots_of_their_own(platform: Platform) -> None:
    with platform.opened() as services:

        def whole(number: int) -> tuple[int, str]:
            environment = Environment.of(f"shop-{number}")
            project = services.init_project(environment.project, ME)
            platform.release(services, environment, f"v{number % 2 + 1}")
            return project.ports[environment.name].blue, platform.ask(environment.host(DOMAIN)).body

        with ThreadPoolExecutor(20) as together:
            made = list(together.map(whole, range(20)))
        assert len({port for port, _ in made}) == 20
        assert [body for _, body in made] == [f"hello v{number % 2 + 1}\n" for number in range(20)]
        for number in range(20):
            assert_whole(platform, services, Environment.of(f"shop-{number}"))
            services.delete_project(f"shop-{number}", ME, confirm=f"shop-{number}")
        assert not [each for each in services.runtime.held() if each.project.startswith("shop-")]
