"""Deployments as events tell them."""

from dataclasses import replace

from codeb.adapters.journal.deployments import accounts, deployments
from codeb.adapters.journal.shortening import kept
from codeb.domain.deployment import DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import SlotName
from codeb.domain.records import deployment_record
from codeb.domain.slots import SlotPair
from tests.samples import NOW, PAIR, dep, deployed, deployment, event, migrated, release, settled, switched

RUNNING = DeploymentStatus.RUNNING


def test_a_deployment_is_its_newest_record_with_what_happened_since() -> None:
    events = [
        event(1, EventKind.DEPLOYMENT, 0, deployed(1, RUNNING)),
        event(2, EventKind.DEPLOYMENT, 0, deployed(1)),
        event(3, EventKind.MIGRATED, 0, migrated(1)),
        event(4, EventKind.SWITCHED, 0, switched(PAIR, "promote", 1, None)),
        event(5, EventKind.SWITCHED, 0, switched(PAIR, "rollback", 2, 1)),
    ]
    (found,) = deployments(events)
    assert (found.status, found.migration) == (DeploymentStatus.SUCCESS, {"dump": "/dumps/1"})
    assert (found.promoted_at, found.promoted_by, found.receipt["word"]) == (events[3].at, "me", "blue")
    assert (found.rolled_back_at, found.rolled_back_by, found.rollback_reason) == (events[4].at, "me", "why")
    assert found.rollback_receipt == events[4].data["receipt"], "the proof of the way back beside that of the way there"


def test_a_promotion_that_is_told_before_its_deployment_counts() -> None:
    events = [
        event(1, EventKind.SWITCHED, 0, switched(PAIR, "promote", 1, None)),
        event(2, EventKind.DEPLOYMENT, 0, deployed(1)),
    ]
    assert deployments(events)[0].promoted_at == events[0].at
    assert deployments(events[:1]) == []


def test_what_has_ended_does_not_begin_again() -> None:
    ended = event(1, EventKind.DEPLOYMENT, 0, deployed(1))
    begun = event(2, EventKind.DEPLOYMENT, 0, deployed(1, RUNNING))
    assert deployments([begun, ended, begun])[0].status is DeploymentStatus.SUCCESS


def test_the_last_of_two_promotions_is_the_promotion() -> None:
    early, late = (event(number, EventKind.SWITCHED, 0, switched(PAIR, "promote", 1, None)) for number in (1, 2))
    for order in ([early, late], [late, early], [late, early, late]):
        promotion = accounts(order)[dep(1)].promotion
        assert promotion is not None
        assert promotion.at == late.at


def test_a_record_that_knows_its_migration_keeps_it() -> None:
    record = deployment_record(replace(deployment(1), migration={"dump": "/d"}, created_at=NOW))
    assert deployments([event(1, EventKind.DEPLOYMENT, 0, {"deployment": record})])[0].migration == {"dump": "/d"}


def test_deployments_come_oldest_first() -> None:
    events = [event(number, EventKind.DEPLOYMENT, 0, deployed(number)) for number in (3, 1, 2)]
    assert [found.id for found in deployments(events)] == [dep(1), dep(2), dep(3)]


def test_a_shortened_journal_keeps_every_try_of_a_migration_that_a_slot_waits_for() -> None:
    held = pair_of(1)
    events = [event(1, EventKind.SLOTS, 0, settled(held)), event(2, EventKind.MIGRATED, 0, migrated(1))]
    events += [event(3, EventKind.MIGRATED, 0, migrated(1))]
    events += [event(10 + number, EventKind.DEPLOYMENT, 0, deployed(100 + number)) for number in range(80)]
    events += [event(200, EventKind.SLOTS, 0, settled(held))]
    stay = kept(events, events[-1].id)
    assert {1, 2} <= set(stay)


def pair_of(number: int) -> SlotPair:
    return PAIR.deployed(SlotName.BLUE, release(number))
