"""Questions to DNS, with one deadline for all of them. Decision 0016."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from dns.exception import DNSException
from dns.rdtypes.txtbase import TXTBase
from dns.resolver import NXDOMAIN, Answer, NoAnswer, NoResolverConfiguration, Resolver

from codeb.domain.domains import Found
from codeb.settings import Address

_DEADLINE = 5.0
_ONE_TRY = 2.0
_MOST = 20
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class DnsLookup:
    """``server`` is asked instead of the system's own resolvers. ``deadline`` in seconds, for a whole look."""

    server: Address | None = None
    deadline: float = _DEADLINE

    def look(self, host: str, proof: str) -> Found:
        looking = _Looking(self.server, time.monotonic() + self.deadline)
        addresses = [each for kind in ("A", "AAAA") for each in looking.addresses(host, kind)]
        texts = list(looking.texts(proof))
        aliases = tuple(dict.fromkeys(looking.aliases))
        return Found(tuple(addresses[:_MOST]), aliases[:_MOST], tuple(texts[:_MOST]), tuple(looking.troubles))


@dataclass(slots=True)
class _Looking:
    server: Address | None
    until: float
    aliases: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def addresses(self, host: str, kind: str) -> Iterator[str]:
        if (answer := self._ask(host, kind)) is None:
            return
        for rrset in answer.chaining_result.cnames:
            self.aliases += [str(each.target).rstrip(".").lower() for each in rrset]
        for each in answer.rrset or ():
            yield each.to_text()

    def texts(self, name: str) -> Iterator[str]:
        answer = self._ask(name, "TXT")
        for each in (answer.rrset or ()) if answer else ():
            if isinstance(each, TXTBase):
                yield b"".join(each.strings).decode(errors="replace").strip()[:_LONGEST]

    def _ask(self, name: str, kind: str) -> Answer | None:
        left = self.until - time.monotonic()
        if left <= 0:
            self.troubles.append(f"{name} could not be looked up ({kind}): DNS did not answer in time")
            return None
        try:
            return self._resolver().resolve(f"{name}.", kind, raise_on_no_answer=False, lifetime=left, search=False)
        except (NXDOMAIN, NoAnswer):
            return None
        except (DNSException, OSError) as error:
            reason = "no resolver is configured" if isinstance(error, NoResolverConfiguration) else _reason(error)
            self.troubles.append(f"{name} could not be looked up ({kind}): {reason}")
            return None

    def _resolver(self) -> Resolver:
        resolver = Resolver(configure=self.server is None)
        if self.server is not None:
            resolver.nameservers = [self.server.host]
            resolver.port = self.server.port
        resolver.timeout = _ONE_TRY
        return resolver


def _reason(error: Exception) -> str:
    """Of the first line; control characters of a foreign answer do not get through."""
    first = (str(error) or type(error).__name__).splitlines()[0][:200]
    return "".join(character if character.isprintable() else "?" for character in first)
