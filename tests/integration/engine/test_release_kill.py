"""kill -9 at every effect on the world, real parts, visitors all the while. Issue 4, section 6."""

from collections.abc import Callable
from functools import partial

import pytest

from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.domain.slots import SlotPair
from codeb.services.release_steps import DeployRequest
from tests.integration.mortal import carry_out, recover
from tests.integration.platform import DOMAIN, ME, Platform, assert_whole
from tests.load import Visit, visitors

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")


def deploy(image: str, services: Services) -> None:
    services.deploy(DeployRequest(BLOG, image=image, force=True), ME)


def promote(services: Services) -> None:
    services.promote(BLOG, ME)


def roll_back(services: Services) -> None:
    services.rollback(BLOG, ME, "killed in a test")


def clean(services: Services) -> None:
    services.cleanup(BLOG, ME, force=True)


def maintain(services: Services) -> None:
    services.maintenance(BLOG, ME, on=True)


def pin(services: Services) -> None:
    services.pin(BLOG, ME, hours=500 + services.status.slots.get(BLOG).generation)


def keep_up(services: Services) -> None:
    services.upkeep()


def _with_grace(platform: Platform, services: Services) -> None:
    """Something in grace, whatever the death before it left."""
    pair = services.status.slots.get(BLOG)
    if pair.grace is None:
        platform.release(services, BLOG, "v1" if (pair.generation % 2) else "v2")


def _with_candidate(platform: Platform, services: Services) -> None:
    if services.status.slots.get(BLOG).candidate is None:
        if services.status.slots.get(BLOG).grace is None:
            platform.release(services, BLOG, "v1")
        services.rollback(BLOG, ME)


def _narrow(platform: Platform, services: Services) -> None:
    """With a grace slot that is not the fallback yet."""
    _with_grace(platform, services)
    services.promote.changes.narrow(
        services.status.slots.get(BLOG),
        services.addresses.site(services.projects.get("blog"), services.status.slots.get(BLOG)),
    )


def _open(platform: Platform, services: Services) -> None:
    services.maintenance(BLOG, ME, on=False)


CASES: dict[str, tuple[Callable[[Services], None] | None, Callable[[Platform, Services], None]]] = {
    "deploy": (None, _open),
    "promote": (promote, _with_candidate),
    "rollback": (roll_back, _with_grace),
    "cleanup": (clean, _with_grace),
    "maintenance": (maintain, _open),
    "pin": (pin, _with_grace),
    "upkeep": (keep_up, _narrow),
}


@pytest.mark.parametrize("name", CASES)
def test_a_process_killed_at_any_effect_leaves_traffic_as_before_or_after_and_nothing_half(
    name: str, platform: Platform, services: Services, record_property: Callable[[str, object], None]
) -> None:
    act, prepare = CASES[name]
    act = act or partial(deploy, platform.image("v3"))
    prepare(platform, services)
    whole = carry_out(platform.environ, act)
    assert whole.refused == ""
    effects = whole.effects
    killed = 0
    with visitors(Visit("127.0.0.1", platform.caddy.port, BLOG.host(DOMAIN), kept_alive=4, new_connections=1)) as seen:
        for boundary in range(1, effects + 1):
            prepare(platform, services)
            before = services.status.slots.get(BLOG)
            killed += carry_out(platform.environ, act, kill_at=boundary).exitcode == -9
            carry_out(platform.environ, recover)
            after = assert_whole(platform, services, BLOG)
            assert _as_before_or_after(name, before, after), f"boundary {boundary}"
            if after.maintenance:
                services.maintenance(BLOG, ME, on=False)
    assert killed == effects, "each boundary was one to die at"
    record_property("deaths", f"{killed}, and {seen.report.requests} requests meanwhile")
    assert name == "maintenance" or seen.report.failures == []
    assert seen.report.requests > 20 * killed


def _as_before_or_after(name: str, before: SlotPair, after: SlotPair) -> bool:
    """What has the traffic: the same as before, or what the use case was to give it to."""
    if before.active is None or after.active is None:
        return False
    if name == "promote":
        wanted = before.candidate
    elif name == "rollback":
        wanted = before.grace
    else:
        wanted = None
    allowed = [slot.release for slot in (before.active, wanted) if slot is not None]
    return after.active.release in allowed


def remove(services: Services) -> None:
    services.delete_project("shop", ME, confirm="shop")


def make(services: Services) -> None:
    services.init_project("shop", ME)


def test_a_project_whose_making_or_deletion_was_cut_short_is_whole_or_gone(
    platform: Platform, services: Services
) -> None:
    shop = Environment.of("shop")
    wholes = {"make": carry_out(platform.environ, make), "remove": carry_out(platform.environ, remove)}
    assert [whole.refused for whole in wholes.values()] == ["", ""]
    effects = {name: whole.effects for name, whole in wholes.items()}
    for boundary in range(1, effects["make"] + 1):
        assert carry_out(platform.environ, make, kill_at=boundary).exitcode == -9
        carry_out(platform.environ, recover)
        if [each for each in services.projects.all() if each.name == "shop"]:
            assert_whole(platform, services, shop)
            services.delete_project("shop", ME, confirm="shop")
    for boundary in range(1, effects["remove"] + 1):
        services.init_project("shop", ME)
        assert carry_out(platform.environ, remove, kill_at=boundary).exitcode == -9
        carry_out(platform.environ, recover)
        if [each for each in services.projects.all() if each.name == "shop"]:
            assert_whole(platform, services, shop)
            services.delete_project("shop", ME, confirm="shop")
        assert shop not in services.delete_project.journal.environments()
        assert platform.ask(shop.host(DOMAIN)).body == ""
