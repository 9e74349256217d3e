"""Several processes of one host at work on one environment: an API beside an API, a command beside both. Issue 4, 5."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.errors import Refused
from codeb.services.release_steps import DeployRequest
from tests.integration.mortal import carry_out
from tests.integration.platform import DOMAIN, ME, Platform, assert_whole
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")
ROUNDS = 12


def switch_again_and_again(services: Services) -> None:
    for _ in range(ROUNDS):
        for use_case in (services.rollback, services.promote):
            try:
                use_case(BLOG, ME)
            except Refused:
                continue


def deploy_again_and_again(image: str, services: Services) -> None:
    for _ in range(ROUNDS // 4):
        services.deploy(DeployRequest(BLOG, image=image, force=True), ME)


def keep_up_again_and_again(services: Services) -> None:
    for _ in range(ROUNDS):
        services.upkeep()
        services.recover()


def test_processes_side_by_side_corrupt_nothing_and_lose_no_request(platform: Platform, services: Services) -> None:
    acts = [
        switch_again_and_again,
        switch_again_and_again,
        keep_up_again_and_again,
        partial(deploy_again_and_again, platform.image("v1")),
    ]
    visit = Visit("127.0.0.1", platform.caddy.port, BLOG.host(DOMAIN), kept_alive=2, new_connections=1)
    with visitors(visit) as seen, ThreadPoolExecutor(len(acts)) as together:
        ended = list(together.map(lambda act: carry_out(platform.environ, act), acts))
    assert [(each.exitcode, each.refused) for each in ended] == [(0, "")] * len(acts)
    assert seen.report.failures == []
    pair = assert_whole(platform, services, BLOG)
    settled = [e.generation for e in services.delete_project.journal.events(BLOG) if "slots" in e.data]
    assert pair.generation > 10
    assert sorted(settled) == settled
    assert services.history.conflicts() == []
    assert [each.what for each in services.doctor() if each.environment is not None] == []
