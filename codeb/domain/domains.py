"""Names that lead to a project: which ones it may claim, how it proves them, what its DNS is to say. Security 7."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

import idna

from codeb.domain.names import Environment
from codeb.errors import InvalidInput

PROOF_LABEL = "_codeb"
TTL = 300
_MAX_HOST = 253 - len(f"{PROOF_LABEL}.")
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])")
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_PATIENCE = timedelta(days=7)
_SHARE_OF_AGE = 4


class DomainType(StrEnum):
    """Which names these are: of a team's own DNS, of a slot, of a site."""

    CUSTOM = "custom"
    PREVIEW = "preview"
    PRODUCTION = "production"


class DomainStatus(StrEnum):
    """A pending claim is served nowhere and is in nobody's way."""

    PENDING = "pending"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Domain:
    """One host of one environment; its team is the project's. ``asked_at`` is when somebody last set it up."""

    host: str
    environment: Environment
    team_id: str
    type: DomainType
    status: DomainStatus
    created_at: datetime
    asked_at: datetime
    verified_at: datetime | None = None
    created_by: str = ""

    @property
    def active(self) -> bool:
        return self.status is DomainStatus.ACTIVE

    @property
    def generated(self) -> bool:
        return self.type is not DomainType.CUSTOM


@dataclass(frozen=True, slots=True)
class DnsRecord:
    type: str
    name: str
    content: str
    ttl: int = TTL


@dataclass(frozen=True, slots=True)
class Found:
    """What DNS says of a host and of its proof. ``troubles`` are the questions that had no answer at all."""

    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    troubles: tuple[str, ...] = field(default=())


def host_name(text: str) -> str:
    """``text`` as DNS and certificates write it: lower case, no dot at the end, punycode. Raises InvalidInput."""
    if not text.isprintable() or any(character.isspace() for character in text):
        raise _wrong(text, "has a space or a control character")
    bare = text.lower().removesuffix(".")
    if "*" in bare:
        raise _wrong(text, "is a wildcard; set up each name by itself")
    if _is_address(bare.strip("[]")):
        raise _wrong(text, "is an IP address; a domain is a name")
    try:
        host = idna.encode(bare, uts46=True, std3_rules=True).decode()
    except UnicodeError as error:
        raise _wrong(text, f"is not a host name: {str(error)[:100]}") from None
    if "." not in host:
        raise _wrong(text, "is a top-level domain; a domain has at least two parts")
    if len(host) > _MAX_HOST or not _HOST.fullmatch(host):
        raise _wrong(text, f"is not a host name of at most {_MAX_HOST} letters, digits, hyphens and dots")
    return host


def custom_host(text: str, platform: str, reserved: Sequence[str] = ()) -> str:
    """The name that a team may claim; raises InvalidInput, also for every name of the platform. Lesson 6."""
    host = host_name(text)
    if host == platform or host.endswith(f".{platform}"):
        raise InvalidInput("domain", f"names under {platform} are made by CodeB itself; bring one of your own")
    if host in reserved:
        raise InvalidInput("domain", f"{host} is a name of the platform")
    return host


def allows(allowed: Sequence[str], host: str) -> bool:
    """Whether a team's ``allowedDomains`` hold ``host``: each stands for itself and all below; none is no limit."""
    names = [each.lower().removeprefix("*.").strip(".") for each in allowed]
    return not names or any(host == name or host.endswith(f".{name}") for name in names)


def proof_name(host: str) -> str:
    return f"{PROOF_LABEL}.{host}"


def wanted_records(host: str, *, address: str, site: str, proof: str) -> tuple[DnsRecord, ...]:
    """To ``address``, the platform's public one, where it is known; else to ``site``, the project's own name."""
    by_address = DnsRecord("AAAA" if ":" in address else "A", host, address)
    route = by_address if address else DnsRecord("CNAME", host, site)
    return route, DnsRecord("TXT", proof_name(host), proof)


def explained(host: str, found: Found, records: Sequence[DnsRecord]) -> list[str]:
    """A sentence for each thing that is wrong with what DNS says now; empty when nothing is."""
    route, proof = records
    told = [f"{trouble}; it is asked again by itself" for trouble in found.troubles]
    unanswered = {trouble.split(" ", 1)[0] for trouble in found.troubles}
    if host not in unanswered:
        told += _explained_route(host, found, route)
    if proof.content not in found.proofs and proof.name not in unanswered:
        told.append(_explained_proof(found, proof))
    return told


def next_look(asked_at: datetime, now: datetime) -> datetime | None:
    """When a pending claim is looked at again: ever more rarely, and after a week no more until somebody asks."""
    age = now - asked_at
    if age >= _PATIENCE:
        return None
    return now + min(max(age / _SHARE_OF_AGE, _FIRST_WAIT), _LONGEST_WAIT)


def _explained_route(host: str, found: Found, wanted: DnsRecord) -> list[str]:
    by_name = wanted.type == "CNAME"
    make_it = f"make it {'a' if by_name else 'an'} {wanted.type} record to {wanted.content}"
    strange = sorted(set(found.addresses) - {wanted.content})
    if wanted.content in (found.aliases if by_name else found.addresses):
        too = [] if by_name else strange
        return [f"{host} points to {', '.join(too)} too; leave {wanted.content} alone in its DNS"] if too else []
    if not found.addresses and not found.aliases:
        return [f"{host} has no address: {make_it}"]
    if not found.addresses:
        return [f"{host} is an alias of {found.aliases[-1]}, which has no address; {make_it}"]
    if by_name:
        return [f"{host} points to {', '.join(found.aliases or strange)}, not to this platform by name; {make_it}"]
    return [f"{host} points to {', '.join(strange)}, which is not this platform; {make_it}"]


def _explained_proof(found: Found, wanted: DnsRecord) -> str:
    there = f"has {len(found.proofs)} TXT record(s), none of them your team's" if found.proofs else "has no TXT record"
    return f"{wanted.name} {there}: add one with {wanted.content}, which proves that the name is yours"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _wrong(text: str, reason: str) -> InvalidInput:
    return InvalidInput("domain", f"{text[:100]!r} {reason}")
