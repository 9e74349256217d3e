"""Where a webhook may lead: public addresses that are not the platform's. Security 9."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from codeb.adapters.name_lookup import SystemLookup

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a name; none where it has none."""
Allowed = Callable[[str], bool]

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_UNICAST = IPv6Network("2000::/3")
_LOW_32 = 0xFFFFFFFF


class AddressRefused(Exception):
    """No address that a webhook may go to; the message says why."""


@dataclass(frozen=True, slots=True)
class PublicAddresses:
    """An address is allowed when the whole internet may reach it and it is no host of the ``platform``."""

    platform: frozenset[str] = frozenset()
    _own: frozenset[IPv4Address | IPv6Address] = field(init=False)

    def __post_init__(self) -> None:
        own = (_unwrapped(ip_address(each)) for each in self.platform)
        object.__setattr__(self, "_own", frozenset(address for addresses in own for address in addresses))

    def __call__(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return all(_public(each) and each not in self._own for each in _unwrapped(parsed))


def system_addresses(host: str) -> Sequence[str]:
    """What this host's resolver says, within its own deadline; nothing for what cannot be a name."""
    try:
        host.encode("idna")
    except UnicodeError:
        return ()
    return SystemLookup().addresses([host]).get(host, ())


def reachable(host: str, resolve: Resolve, allowed: Allowed) -> Sequence[str]:
    """The addresses to connect to. One that is not allowed spoils all: who answers so is playing with us.

    Raises AddressRefused.
    """
    addresses = resolve(host)
    if not addresses:
        raise AddressRefused(f"{host} has no address")
    for address in addresses:
        if not allowed(address):
            raise AddressRefused(f"{host} leads to {address}, which is not a public address outside the platform")
    return addresses


def _unwrapped(address: IPv4Address | IPv6Address) -> Sequence[IPv4Address | IPv6Address]:
    """The address and the one that it carries inside, where a translator would take it there."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address in _NAT64 or address in _COMPATIBLE:
        return (IPv4Address(int(address) & _LOW_32),) if int(address) > 1 else (address,)
    if address.sixtofour:
        return (address.sixtofour,)  # as public as what it carries; Python's versions differ over the wrapping
    return (address,)


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast
