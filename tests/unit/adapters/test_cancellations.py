"""Requests to end a deploy, seen by every process of the host."""

import os
import stat
from pathlib import Path

import pytest

from codeb.adapters.cancellations import FileCancellations
from codeb.errors import InvalidInput
from tests.samples import dep


def test_a_request_is_seen_by_others_until_it_is_forgotten(tmp_path: Path) -> None:
    asking, deploying = (FileCancellations(tmp_path / "cancellations") for _ in range(2))
    assert not deploying.requested(dep(1))
    asking.request(dep(1))
    asking.request(dep(1))
    assert deploying.requested(dep(1))
    assert not deploying.requested(dep(2))
    deploying.forget(dep(1))
    deploying.forget(dep(1))
    assert not asking.requested(dep(1))


def test_only_the_service_may_read_it(tmp_path: Path) -> None:
    FileCancellations(tmp_path / "cancellations").request(dep(1))
    assert stat.S_IMODE((tmp_path / "cancellations").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "cancellations" / dep(1)).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", "../keys", "dep_1", dep(1) + "\n", dep(1).upper(), "/etc/passwd", "dep_\0"])
def test_what_is_no_deployment_is_no_path(tmp_path: Path, name: str) -> None:
    cancellations = FileCancellations(tmp_path)
    for method in (cancellations.request, cancellations.requested, cancellations.forget):
        with pytest.raises(InvalidInput, match="deploymentId"):
            method(name)
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_came_after_the_end_does_not_stay_for_ever(tmp_path: Path) -> None:
    cancellations = FileCancellations(tmp_path)
    cancellations.request(dep(1))
    os.utime(tmp_path / dep(1), (0, 0))
    cancellations.request(dep(2))
    assert [path.name for path in tmp_path.iterdir()] == [dep(2)]
