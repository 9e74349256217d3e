"""Which ports listen in a process's network, from the kernel's own tables."""

import os
import socket
import subprocess
from pathlib import Path

from codeb.adapters.docker.sockets import Socket, listening

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
REST = "00000000:00000000 00:00000000 00000000 10001        0 1660010 1 000000005978ea4b 100 0 0 10 0\n"
TCP = (
    HEAD
    + f"   0: 0100007F:0BB8 00000000:0000 0A {REST}"
    + f"   1: 00000000:1F90 00000000:0000 0A {REST}"
    + f"   2: 0B00007F:A1B2 00000000:0000 0A {REST}"
    + f"   3: 020012AC:C350 010012AC:0050 01 {REST}"
)
TCP6 = (
    HEAD
    + f"   0: 00000000000000000000000000000000:0BB9 00000000000000000000000000000000:0000 0A {REST}"
    + f"   1: 00000000000000000000000001000000:0BBA 00000000000000000000000000000000:0000 0A {REST}"
    + f"   2: 0000000000000000FFFF00000100007F:0BBB 00000000000000000000000000000000:0000 0A {REST}"
)


def proc(directory: Path, **tables: str) -> Path:
    (directory / "42" / "net").mkdir(parents=True)
    for name, table in tables.items():
        (directory / "42" / "net" / name).write_text(table)
    return directory


def test_what_listens_is_read_without_connections_and_without_the_engines_resolver(tmp_path: Path) -> None:
    assert listening(42, proc(tmp_path, tcp=TCP, tcp6=TCP6)) == [
        Socket(3000, "127.0.0.1"),
        Socket(3001, "::"),
        Socket(3002, "::1"),
        Socket(3003, "127.0.0.1"),
        Socket(8080, "0.0.0.0"),
    ]


def test_loopback_is_told_from_the_rest(tmp_path: Path) -> None:
    found = listening(42, proc(tmp_path, tcp=TCP, tcp6=TCP6)) or []
    assert [each.port for each in found if each.loopback] == [3000, 3002, 3003]


def test_a_machine_without_ipv6_has_one_table(tmp_path: Path) -> None:
    assert listening(42, proc(tmp_path, tcp=HEAD)) == []


def test_a_process_that_is_gone_or_hidden_is_unknown(tmp_path: Path) -> None:
    assert listening(42, tmp_path) is None
    assert listening(0) is None


def test_the_kernel_of_this_machine_is_understood() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert Socket(port, "127.0.0.1") in (listening(os.getpid()) or [])


def test_somebody_without_privileges_may_look_at_another_users_process() -> None:
    """The API runs as a user of its own, and the container's process belongs to another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = ["cat", f"/proc/{os.getpid()}/net/tcp"]
        nobody = 65534 if os.geteuid() == 0 else None
        table = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", user=nobody).stdout
        assert f"0100007F:{server.getsockname()[1]:04X}" in table
