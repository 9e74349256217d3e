"""The TCP ports that really listen inside a container, read from the kernel: no tool in the image is needed."""

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
_ENGINES_RESOLVER = "127.0.0.11"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, order=True)
class Socket:
    """A listening one; ``address`` as people write it."""

    port: int
    address: str

    @property
    def loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def listening(pid: int, proc: Path = _PROC) -> list[Socket] | None:
    """What listens in the network of process ``pid``; None when this user may not look, or it is gone."""
    tables = []
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            tables.append((proc / str(pid) / "net" / name).read_text())
    if pid <= 0 or not tables:
        return None
    return sorted({socket for table in tables for socket in _sockets(table.splitlines()[1:])})


def _sockets(rows: Iterable[str]) -> Iterable[Socket]:
    for row in rows:
        _, local, _, state, *_ = row.split()
        address, _, port = local.partition(":")
        if state == _LISTEN and (readable := _address(address)) != _ENGINES_RESOLVER:
            yield Socket(int(port, 16), readable)


def _address(raw: str) -> str:
    """The kernel writes addresses as 32-bit words in the processor's own order, which is little-endian here."""
    words = (bytes.fromhex(raw[start : start + 8])[::-1] for start in range(0, len(raw), 8))
    address = ipaddress.ip_address(b"".join(words))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
