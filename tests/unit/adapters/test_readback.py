"""What the engine says of a container, compared with what was asked. Security 5."""

from typing import Any

import pytest

from codeb.adapters.docker.readback import deviations
from tests.unit.adapters.container_records import SPEC, record


def wrong(found: dict[str, Any], *, role: str = "slot", published: bool = True) -> list[str]:
    return deviations(found, SPEC, role=role, published=published)


def volume(**other: object) -> dict[str, object]:
    return {"Type": "volume", "Name": "blog-production-uploads", "Destination": "/data", "Driver": "local", **other}


def test_a_container_as_asked_has_no_deviation() -> None:
    assert wrong(record()) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("Binds", ["/:/host"], "it has bind mounts (['/:/host'])"),
        ("VolumesFrom", ["other"], "it has volumes of another container (['other'])"),
        ("Devices", [{"PathOnHost": "/dev/kvm"}], "it has devices ([{'PathOnHost': '/dev/kvm'}])"),
        ("DeviceRequests", [{"Driver": "nvidia"}], "it has devices ([{'Driver': 'nvidia'}])"),
        ("DeviceCgroupRules", ["a *:* rwm"], "it has device rules (['a *:* rwm'])"),
        ("CapAdd", ["SYS_ADMIN"], "it has added capabilities (['SYS_ADMIN'])"),
        ("GroupAdd", ["0"], "it has added groups (['0'])"),
        ("Privileged", True, "it has privileges (True)"),
        ("PublishAllPorts", True, "it has all ports published (True)"),
        ("OomKillDisable", True, "it has protection from the memory limit (True)"),
        ("CgroupParent", "/", "it has a control group of its own (/)"),
        ("Links", ["/other:/x/db"], "it has links (['/other:/x/db'])"),
        ("Sysctls", {"net.ipv4.ip_forward": "1"}, "it has kernel settings ({'net.ipv4.ip_forward': '1'})"),
        ("PidMode", "host", "its process namespace is not its own (host)"),
        ("PidMode", "container:abc", "its process namespace is not its own (container:abc)"),
        ("IpcMode", "host", "its IPC namespace is not its own (host)"),
        ("UTSMode", "host", "its host name namespace is not its own (host)"),
        ("UsernsMode", "host", "its user namespace is not its own (host)"),
        ("CapDrop", None, "its capabilities are not all dropped (None)"),
        ("CapDrop", ["NET_RAW"], "its capabilities are not all dropped (['NET_RAW'])"),
        ("SecurityOpt", None, "it may gain new privileges"),
        ("SecurityOpt", ["no-new-privileges:false"], "it may gain new privileges"),
        ("PidsLimit", None, "its process limit is None, not 256"),
        ("PidsLimit", -1, "its process limit is -1, not 256"),
        ("Memory", 0, "its memory limit is 0 bytes, not 67108864"),
        ("ReadonlyRootfs", False, "its file system is not read-only"),
        ("MaskedPaths", [], "the host's kernel files are not masked in it"),
        ("ReadonlyPaths", None, "the host's kernel files are not masked in it"),
        ("NetworkMode", "host", "its network is host, codeb-blog-production, not codeb-blog-production alone"),
        ("Mounts", [{"Type": "bind", "Source": "/", "Target": "/host"}], "/host is a mount of type bind"),
    ],
)
def test_one_setting_of_the_engine_that_deviates_is_said(key: str, value: object, said: str) -> None:
    found = record()
    found["HostConfig"][key] = value
    assert wrong(found) == [said]


@pytest.mark.parametrize("option", ["seccomp=unconfined", "seccomp:unconfined", "apparmor=unconfined", "label=disable"])
def test_a_container_that_runs_unconfined_is_said(option: str) -> None:
    found = record()
    found["HostConfig"]["SecurityOpt"].append(option)
    assert wrong(found) == [f"it runs unconfined ({option.replace('=', ':')})"]


@pytest.mark.parametrize(
    ("mounts", "said"),
    [
        ([volume(), {"Type": "bind", "Source": "/etc", "Destination": "/etc"}], "/etc is a mount of type bind"),
        ([volume(Driver="nfs")], "/data is a volume of another driver"),
        ([volume(), volume(Name="shop-production-uploads", Destination="/b")], "on /b was not asked for"),
        ([volume(), volume(Destination="/elsewhere")], "on /elsewhere was not asked for"),
        ([], "volume blog-production-uploads is not mounted on /data"),
    ],
)
def test_a_mount_that_is_not_as_asked_is_said(mounts: list[dict[str, object]], said: str) -> None:
    found = record()
    found["Mounts"] = mounts
    assert said in "; ".join(wrong(found))


def test_a_volume_that_the_image_declares_is_its_own() -> None:
    found = record()
    found["Mounts"].append(volume(Name="9f" * 32, Destination="/var/lib/app"))
    assert wrong(found) == [f"volume {'9f' * 32} on /var/lib/app was not asked for"]
    found["Config"]["Volumes"] = {"/var/lib/app": {}}
    assert wrong(found) == []


@pytest.mark.parametrize("address", ["0.0.0.0", "", "10.0.0.4", "::"])
def test_a_port_outside_loopback_is_said_whether_asked_for_or_bound(address: str) -> None:
    binding = {"3000/tcp": [{"HostIp": address, "HostPort": "4100"}]}
    asked, bound = record(), record()
    asked["HostConfig"]["PortBindings"] = binding
    bound["NetworkSettings"]["Ports"] = binding
    for found in (asked, bound):
        (said,) = wrong(found)
        assert f"{address}:4100 to 3000/tcp" in said


def test_a_port_that_is_not_bound_is_said_of_a_container_that_runs_only() -> None:
    found = record()
    found["NetworkSettings"]["Ports"] = {}
    assert len(wrong(found)) == 1
    found["State"]["Running"] = False
    assert wrong(found) == []


def test_a_second_network_is_said() -> None:
    found = record()
    found["NetworkSettings"]["Networks"]["bridge"] = {}
    assert wrong(found) == ["its network is codeb-blog-production, bridge, not codeb-blog-production alone"]


def test_what_runs_once_publishes_nothing() -> None:
    found = record()
    found["Config"]["Labels"]["codeb.role"] = "once"
    assert wrong(found, role="once", published=False) == ["its ports are 127.0.0.1:4100 to 3000/tcp, not none"]
    found["HostConfig"]["PortBindings"] = found["NetworkSettings"]["Ports"] = {}
    assert wrong(found, role="once", published=False) == []


def test_a_label_that_is_not_ours_is_said() -> None:
    found = record()
    found["Config"]["Labels"]["codeb.project"] = "shop"
    assert wrong(found) == ["its label codeb.project is shop, not blog"]
