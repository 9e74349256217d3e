"""Port pairs of spec section 2."""

import pytest

from codeb.domain.names import EnvironmentName, SlotName
from codeb.domain.ports import PLATFORM_PORTS, RANGES, PortPair, PortsExhausted, lowest_free, pairs


@pytest.mark.parametrize("environment", EnvironmentName)
def test_pairs_are_even_and_odd_inside_the_range_and_take_no_platform_port(environment: EnvironmentName) -> None:
    ports = [port for pair in pairs(environment) for port in (pair.blue, pair.green)]
    assert len(ports) == len(set(ports))
    assert set(ports) <= set(RANGES[environment]) - PLATFORM_PORTS
    assert all(pair.of(SlotName.BLUE) % 2 == 0 for pair in pairs(environment))


def test_the_lowest_free_pair_comes_first_and_a_freed_one_is_used_again() -> None:
    assert lowest_free(EnvironmentName.PRODUCTION, {}).blue == 4100
    assert lowest_free(EnvironmentName.PRODUCTION, {4100, 4104}).blue == 4102
    assert lowest_free(EnvironmentName.PREVIEW, set()).blue == 5002


def test_a_full_range_says_how_many_there_are() -> None:
    taken = {pair.blue for pair in pairs(EnvironmentName.PRODUCTION)}
    with pytest.raises(PortsExhausted, match="all 200 port pairs of production"):
        lowest_free(EnvironmentName.PRODUCTION, taken)


def test_a_pair_begins_with_an_even_port() -> None:
    with pytest.raises(ValueError, match="even"):
        PortPair(4101)
