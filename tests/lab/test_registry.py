"""The registry's garbage collection on the storage host: read-only for a while, then as it was."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests import sample_app
from tests.lab import registry
from tests.lab.record import PROJECT
from tests.lab.trust import REGISTRY

pytestmark = pytest.mark.lab


def test_garbage_is_collected_and_pushing_goes_on_afterwards(machines: Mapping[str, Any]) -> None:
    tag = f"{REGISTRY}/{PROJECT}:before-gc"
    sample_app.build(tag, "before-gc")
    registry.push(tag)
    storage = machines["storage"]
    storage.check_output("systemctl start codeb-registry-gc.service")
    assert storage.check_output("systemctl is-active codeb-registry.service") == "active"
    assert storage.check_output("systemctl show -p DropInPaths --value codeb-registry.service") == ""
    after = f"{REGISTRY}/{PROJECT}:after-gc"
    sample_app.build(after, "after-gc")
    registry.push(after)


def test_its_timers_wait(machines: Mapping[str, Any]) -> None:
    assert machines["storage"].check_output("systemctl is-active codeb-registry-gc.timer") == "active"
    assert machines["app"].check_output("systemctl is-active codeb-registry-prune.timer") == "active"


def test_what_slots_need_is_never_pruned(machines: Mapping[str, Any]) -> None:
    told = machines["app"].check_output("codeb registry prune --older-than 1 --dry-run --json")
    held = machines["app"].check_output("docker ps --filter label=codeb.project --format '{{.Image}}'").splitlines()
    assert not [image for image in held if image.rpartition("@")[2] in told]
