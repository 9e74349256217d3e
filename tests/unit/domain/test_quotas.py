"""What slots take of a team's quotas, and when one more is too much. Spec section 2, security 10."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair
from codeb.domain.project import ProjectSettings
from codeb.domain.quotas import MB, QuotaReached, Share, require_images, require_project, require_share, shares, usage
from codeb.domain.slots import Release, SlotPair
from codeb.domain.teams import Quotas

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BLOG = Environment.of("blog")
PLACES = [(Environment(name, each), slot) for name in ("a", "b") for each in EnvironmentName for slot in SlotName]
SHARES = st.builds(
    Share, memory=st.integers(1, 8).map(lambda size: size * 256 * MB), cpus=st.sampled_from([0.1, 0.25, 1.0, 2.5])
)


def release(number: int, settings: ProjectSettings) -> Release:
    return Release(f"dep_{number}", "image", f"image@{number}", f"v{number}", 1, settings, NOW, "me")


def test_what_serves_what_waits_and_what_is_in_grace_all_take_their_part() -> None:
    pair = SlotPair.fresh(BLOG, PortPair(4100)).deployed(SlotName.BLUE, release(1, ProjectSettings(memory="1g")))
    assert usage(shares([pair])).previews == 1
    pair = pair.promoted(NOW, "me").deployed(SlotName.GREEN, release(2, ProjectSettings(cpus=0.5)))
    pair = pair.promoted(NOW, "me")
    used = usage(shares([pair]))
    assert (used.previews, used.memory, used.cpus) == (0, (1024 + 512) * MB, 1.5)


@given(st.dictionaries(st.sampled_from(PLACES), SHARES), st.sampled_from(PLACES), SHARES, st.integers(0, 6000))
def test_one_more_is_let_in_exactly_where_the_sum_with_it_is_not_above_the_quota(
    held: dict[tuple[Environment, SlotName], Share], place: tuple[Environment, SlotName], wanted: Share, limit: int
) -> None:
    after = usage({**held, place: wanted})
    for quotas, fits in (
        (Quotas(memory_mb=limit), after.memory <= limit * MB),
        (Quotas(cpus=limit / 1000), after.cpus <= limit / 1000),
    ):
        if fits:
            require_share("team-a", quotas, held, place, wanted)
        else:
            with pytest.raises(QuotaReached):
                require_share("team-a", quotas, held, place, wanted)


def test_tenths_of_a_processor_add_up_as_people_add_them() -> None:
    held = {PLACES[0]: Share(cpus=0.1), PLACES[1]: Share(cpus=0.1)}
    require_share("team-a", Quotas(cpus=0.3), held, PLACES[2], Share(cpus=0.1))


def test_the_refusal_names_the_quota_its_figures_and_what_to_do() -> None:
    held = {PLACES[0]: Share(memory=768 * MB)}
    with pytest.raises(QuotaReached) as refused:
        require_share("team-a", Quotas(memory_mb=1024), held, PLACES[1], Share(memory=512 * MB))
    assert str(refused.value) == (
        "team team-a: its quota `memoryMb` is 1024 MB, 768 MB are in use and this takes 512 MB more; give projects less"
        " (project_update), clean up slots (slot_cleanup) or delete projects, or ask the platform's operator for a"
        " larger quota"
    )
    assert refused.value.facts() == {"quota": "memoryMb", "limit": 1024, "used": 768, "wanted": 512}


def test_only_what_waits_for_its_promote_is_a_preview() -> None:
    held = {PLACES[0]: Share(preview=True), PLACES[1]: Share(preview=False)}
    require_share("team-a", Quotas(previews=2), held, PLACES[2], Share(preview=True))
    require_share("team-a", Quotas(previews=1), held, PLACES[0], Share(preview=True))
    require_share("team-a", Quotas(previews=0), held, PLACES[2], Share(preview=False))
    with pytest.raises(QuotaReached, match="`previews` is 1, 1 are in use"):
        require_share("team-a", Quotas(previews=1), held, PLACES[2], Share(preview=True))


def test_a_quota_that_was_lowered_below_what_is_there_refuses_the_next() -> None:
    with pytest.raises(QuotaReached, match="`projects` is 1, 3 are in use"):
        require_project("team-a", 1, 3)
    require_project("team-a", None, 3)


def test_images_that_were_there_already_are_no_pull() -> None:
    require_images("team-a", 100, before=150, after=150)
    require_images("team-a", 100, before=50, after=100)
    with pytest.raises(QuotaReached, match="50 MB are in use and this takes 51 MB more"):
        require_images("team-a", 100, before=50.2, after=100.8)
