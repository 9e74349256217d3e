"""What PostgreSQL takes of hosts of several sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.components.postgres_memory import Memory, memory_for

GIGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("kilobytes", "expected"),
    [
        (GIGABYTE, Memory(128, 512, 64, 4, 1024)),
        (4 * GIGABYTE, Memory(512, 2048, 64, 4, 1024)),
        (16 * GIGABYTE, Memory(2048, 8192, 256, 8, 4096)),
        (128 * GIGABYTE, Memory(8192, 65_536, 1024, 8, 4096)),
        (0, Memory(128, 512, 64, 4, 1024)),
    ],
    ids=["1 GB", "4 GB", "16 GB", "128 GB", "not known"],
)
def test_a_host_gets_what_fits_it(kilobytes: int, expected: Memory) -> None:
    assert memory_for(kilobytes) == expected


@given(st.integers(512, 1 << 20).map(lambda megabytes: megabytes * 1024))
def test_the_servers_cache_leaves_most_of_the_memory_to_the_others(kilobytes: int) -> None:
    found = memory_for(kilobytes)
    assert found.shared_buffers * 1024 <= kilobytes / 4
    assert found.shared_buffers < found.effective_cache
    assert found.effective_cache * 1024 <= kilobytes


def test_a_kernel_that_counts_a_little_less_changes_nothing() -> None:
    assert memory_for(8_140_000) == memory_for(8_130_000)
