"""The unit tests' own pace: few examples, no waiting for a disk, and a collector that lets the modules be."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.examples import examples

settings.register_profile("codeb", max_examples=examples(30), deadline=None)
settings.load_profile("codeb")


@pytest.fixture(scope="session", autouse=True)
def _no_disk() -> Iterator[None]:
    """Nobody pulls the plug on a unit test: what is to survive that is an integration test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


def pytest_collection_finish() -> None:
    """What was imported stays to the end, and need not be looked at again by each collection."""
    gc.collect()
    gc.freeze()
