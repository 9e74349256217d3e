"""How much memory PostgreSQL takes of its host, which Redis, the registry and object storage live on too."""

from dataclasses import dataclass

_STEP = 64
_SMALLEST, _LARGEST = 128, 8192
_UNKNOWN, _LARGE = 1024, 16_000


@dataclass(frozen=True, slots=True)
class Memory:
    """All in megabytes. ``work`` is for one sort of one query, of which every one of the connections may have some."""

    shared_buffers: int
    effective_cache: int
    maintenance_work: int
    work: int
    max_wal: int


def memory_for(kilobytes: int) -> Memory:
    """An eighth for the server's own cache, in steps, so that a kernel that counts a little less restarts nothing."""
    megabytes = kilobytes // 1024 or _UNKNOWN
    return Memory(
        shared_buffers=_within(megabytes // 8, _SMALLEST, _LARGEST),
        effective_cache=_within(megabytes // 2, 2 * _SMALLEST, 8 * _LARGEST),
        maintenance_work=_within(megabytes // 64, 64, 1024),
        work=4 if megabytes < _LARGE else 8,
        max_wal=1024 if megabytes < _LARGE else 4096,
    )


def _within(megabytes: int, smallest: int, largest: int) -> int:
    return max(smallest, min(megabytes // _STEP * _STEP, largest))
