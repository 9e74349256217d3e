"""Keys of a project's build cache."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from codeb.domain.project import Project, ProjectSettings
from codeb.domain.project_cache import CacheKeys, cache_keys

BLOG = Project("blog", "team-a", "go", ProjectSettings(), {}, {}, datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC))
KEY = "of the platform"


def keys(project: Project, key: str = KEY) -> CacheKeys:
    found = cache_keys(project, key)
    assert found is not None
    return found


def test_a_project_has_the_same_keys_whenever_they_are_asked_for() -> None:
    assert keys(BLOG) == keys(replace(BLOG, created_at=BLOG.created_at.replace(microsecond=250_999)))
    assert keys(BLOG).access == "project-blog"
    assert len(keys(BLOG).secret) == 40


def test_nobody_elses_keys_are_the_same() -> None:
    later = replace(BLOG, created_at=BLOG.created_at + timedelta(seconds=1))
    others = [keys(replace(BLOG, name="shop")), keys(later), keys(BLOG, "another"), keys(BLOG)]
    assert len({each.secret for each in others}) == 4


def test_a_secret_does_not_show() -> None:
    assert keys(BLOG).secret not in repr(keys(BLOG))


def test_the_name_that_the_engine_keeps_for_itself_has_no_cache() -> None:
    assert cache_keys(replace(BLOG, name="meta"), KEY) is None
