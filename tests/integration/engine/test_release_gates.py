"""Gates, guards and the way back, on a real engine, proxy, registry and database. Issue 4, sections 1 to 4."""

import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeb.bootstrap import Services
from codeb.domain.deployment import DeployFailed
from codeb.domain.names import Environment
from codeb.domain.project import ProjectSettings
from codeb.domain.slot_refusals import MigrationBetween
from codeb.services.errors import MigrationFailed, SmokeFailed
from codeb.services.release_steps import DeployRequest
from tests.integration.platform import DOMAIN, ME, Platform, assert_whole
from tests.integration.waiting import until
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
SITE = BLOG.host(DOMAIN)


@pytest.fixture
def services(platform: Platform) -> Iterator[Services]:
    with platform.opened() as services:
        services.init_project("blog", ME)
        platform.release(services, BLOG, "v1")
        yield services


def configure(services: Services, **settings: Any) -> None:
    services.update_project("blog", ProjectSettings(**settings), ME)


def test_releases_never_load_the_proxy_and_streams_outlive_what_does(platform: Platform, services: Services) -> None:
    loads = platform.caddy.loads()
    platform.release(services, BLOG, "v2")
    services.upkeep()
    services.rollback(BLOG, ME)
    services.promote(BLOG, ME)
    for on in (True, False):
        services.maintenance(BLOG, ME, on=on)
    services.cleanup(BLOG, ME, force=True)
    platform.deploy(services, BLOG, "v1")
    assert platform.caddy.loads() == loads
    visit = Visit("127.0.0.1", platform.caddy.port, SITE, kept_alive=1, new_connections=1, streams=True)
    with visitors(visit) as seen:
        time.sleep(1)
        for name in ("one", "two"):
            services.init_project(name, ME)
        configure(services, health_path="/ready")
        time.sleep(1)
    assert platform.caddy.loads() > loads
    assert (seen.report.websocket_cuts, seen.report.event_cuts) == (0, 0)
    assert seen.report.websocket_messages > 10


def test_a_preview_that_fails_its_smoke_requests_keeps_the_traffic_where_it_is(
    platform: Platform, services: Services
) -> None:
    configure(services, smoke=({"path": "/", "body": "hello"}, {"path": "/nothing", "status": 404}))
    platform.deploy(services, BLOG, "broken")
    with pytest.raises(SmokeFailed, match=r"GET / answered 500, expected 200"):
        services.promote(BLOG, ME)
    assert platform.ask(SITE).body == "hello v1\n"
    platform.deploy(services, BLOG, "v2")
    assert services.promote(BLOG, ME).changed


def test_protected_previews_pass_their_own_smoke_requests(platform: Platform, services: Services) -> None:
    configure(services, preview_protection=True, smoke=({"path": "/"},))
    done = services.deploy(DeployRequest(BLOG, image=platform.image("v2"), force=True), ME)
    host = done.preview_url.removeprefix("http://")
    assert platform.ask(host).status == 401
    assert platform.ask(host, done.preview_link.partition(host)[2]).status == 302
    assert services.promote(BLOG, ME).changed


def test_the_watch_flips_a_version_back_that_answers_with_errors(platform: Platform, services: Services) -> None:
    configure(services, watch={"minutes": 5})
    visit = Visit("127.0.0.1", platform.caddy.port, SITE, kept_alive=2, new_connections=1)
    with visitors(visit) as seen:
        platform.release(services, BLOG, "v2")
        assert services.watch() == []
        time.sleep(2)
        assert services.watch() == []
        platform.release(services, BLOG, "broken")
        (flipped,) = until(services.watch, "the watch flips back")
    assert "of the answers were errors (5xx)" in flipped.reason
    assert flipped.error is None
    assert platform.ask(SITE).body == "hello v2\n"
    assert seen.report.statuses["500"] > 0
    pair = assert_whole(platform, services, BLOG)
    assert pair.active is not None
    log = (platform.caddy.directory / "logs" / "rollbacks" / "blog-production.jsonl").read_text()
    assert "the watch flipped back" in log


def test_a_migration_runs_once_in_the_new_image_after_a_dump(platform: Platform, services: Services) -> None:
    url = f"postgresql://codeb@127.0.0.1:{platform.database.port}/codeb"
    services.env(BLOG, {"DATABASE_URL": url}, ME)
    configure(services, migrate=("migrate",))
    deployment = platform.deploy(services, BLOG, "v2")
    services.promote(BLOG, ME)
    recorded = services.history.deployment("blog", deployment)
    dump = Path(str(recorded.migration["dump"]))
    assert recorded.migration["state"] == "done"
    assert "hello v2: migrated" in str(recorded.migration["logs"])
    assert dump.read_bytes().startswith(b"PGDMP")
    assert dump.stat().st_mode & 0o777 == 0o600
    with pytest.raises(MigrationBetween):
        services.rollback(BLOG, ME)
    services.rollback(BLOG, ME, force=True)
    services.promote(BLOG, ME)
    assert services.history.deployment("blog", deployment).migration["dump"] == str(dump), "and not a second time"
    assert_whole(platform, services, BLOG)


def test_a_migration_that_fails_moves_nothing_and_tells_its_last_words(platform: Platform, services: Services) -> None:
    services.env(BLOG, {"HELLO_MIGRATE": "3"}, ME)
    configure(services, migrate=("migrate",))
    platform.deploy(services, BLOG, "v2")
    with pytest.raises(MigrationFailed, match="exit code 3") as refused:
        services.promote(BLOG, ME)
    assert "hello v2: migrated" in refused.value.logs
    assert platform.ask(SITE).body == "hello v1\n"
    assert_whole(platform, services, BLOG)


def test_a_deploy_is_cancelled_by_another_process_and_all_is_as_it_was(platform: Platform, services: Services) -> None:
    platform.release(services, BLOG, "v2")
    before = services.status.slots.get(BLOG)
    ended: list[Exception] = []

    def deploy() -> None:
        request = DeployRequest(BLOG, image=platform.image("sick"), timeout=120)
        with pytest.raises(DeployFailed) as failed:
            services.deploy(request, ME)
        ended.append(failed.value)

    deploying = threading.Thread(target=deploy)
    deploying.start()
    with platform.opened() as other:
        found = until(
            lambda: [each for each in other.history.deployments("blog", None, 1) if each.open], "the deploy is recorded"
        )
        until(lambda: other.runtime.observe("blog-production-blue").deployment_id == found[0].id, "its container runs")
        assert other.cancel("blog", found[0].id)[1] is True
    deploying.join(30)
    (error,) = ended
    assert "was cancelled; everything is as it was before it" in str(error)
    assert services.status.slots.get(BLOG) == before
    assert_whole(platform, services, BLOG)
    assert services.cancel("blog", found[0].id)[1] is False


def test_an_old_release_comes_back_cold_by_its_id_with_its_settings_and_variables(
    platform: Platform, services: Services
) -> None:
    services.env(BLOG, {"A": "1"}, ME)
    configure(services, memory="64m")
    first = platform.release(services, BLOG, "v1")
    services.env(BLOG, {"A": "2"}, ME)
    configure(services, memory="128m")
    for version in ("v2", "v1", "v2"):
        platform.release(services, BLOG, version)
    done = services.rollback_to(BLOG, first, ME)
    assert done.active.release is not None
    assert (done.active.release.env_version, done.active.release.settings.memory) == (1, "64m")
    assert platform.ask(SITE).body == "hello v1\n"
    assert_whole(platform, services, BLOG)


def test_the_grace_slot_takes_over_when_the_active_container_is_killed_and_gives_back(
    platform: Platform, services: Services
) -> None:
    platform.release(services, BLOG, "v2")
    until(lambda: any("the word follows" in each.what for each in services.upkeep()), "the word has its fallback")
    pair = services.status.slots.get(BLOG)
    assert pair.active is not None
    name = BLOG.container(pair.active.name)
    services.runtime.remove(name)
    answer = platform.ask(SITE)
    assert (answer.status, answer.body, answer.slot) == (200, "hello v1\n", "blue")
    findings = services.doctor()
    assert [each for each in findings if "it is started again" in each.what and each.mended]
    until(lambda: platform.ask(SITE).slot == "green", "the active slot has its traffic back", seconds=30)
    assert_whole(platform, services, BLOG)


def test_slow_requests_end_where_they_began(platform: Platform, services: Services) -> None:
    platform.deploy(services, BLOG, "v2")
    connection = http.client.HTTPConnection("127.0.0.1", platform.caddy.port, timeout=20)
    connection.request("GET", "/slow?ms=1500", headers={"Host": SITE})
    time.sleep(0.2)
    services.promote(BLOG, ME)
    assert platform.ask(SITE).body == "hello v2\n"
    with connection.getresponse() as response:
        assert (response.status, response.read()) == (200, b"hello v1 after 1500 ms\n")
    connection.close()
