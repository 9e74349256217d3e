"""Which images go, and which stay."""

from datetime import UTC, datetime, timedelta

from codeb.domain.registry_images import DatedImage, StoredImage, not_needed

BEFORE = datetime(2026, 11, 1, tzinfo=UTC)


def image(digest: str, *, days_old: float, children: tuple[str, ...] = ()) -> DatedImage:
    """``days_old`` counts from the limit back: negative is younger."""
    return DatedImage(StoredImage(digest, frozenset(["v1"]), frozenset(children)), BEFORE - timedelta(days=days_old))


def test_what_is_old_and_not_needed_goes() -> None:
    assert not_needed([image("a", days_old=1)], frozenset(), BEFORE) == ["a"]


def test_what_is_needed_stays_however_old() -> None:
    assert not_needed([image("a", days_old=900), image("b", days_old=1)], {"a"}, BEFORE) == ["b"]


def test_what_is_young_stays_also_on_the_very_day() -> None:
    assert not_needed([image("a", days_old=-1), image("b", days_old=0)], frozenset(), BEFORE) == []


def test_an_index_takes_its_children_with_it() -> None:
    assert not_needed([image("index", days_old=1, children=("amd64", "told"))], frozenset(), BEFORE) == [
        "index",
        "amd64",
        "told",
    ]


def test_a_child_that_another_index_has_too_stays() -> None:
    images = [
        image("old", days_old=9, children=("shared", "own")),
        image("new", days_old=-9, children=("shared",)),
    ]
    assert not_needed(images, frozenset(), BEFORE) == ["old", "own"]
    assert not_needed(list(reversed(images)), frozenset(), BEFORE) == ["old", "own"]


def test_an_index_of_which_one_platform_is_needed_stays_whole() -> None:
    assert not_needed([image("index", days_old=9, children=("amd64", "arm64"))], {"arm64"}, BEFORE) == []


def test_a_child_that_has_a_tag_of_its_own_and_is_young_stays() -> None:
    images = [image("index", days_old=9, children=("amd64",)), image("amd64", days_old=-1)]
    assert not_needed(images, frozenset(), BEFORE) == ["index"]
