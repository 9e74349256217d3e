"""Look at every host at once, before anything is changed, and say what would go wrong. Spec section 9."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from codeb.domain.host_facts import Finding, HostFacts, Unreached
from codeb.domain.host_fitness import judge
from codeb.domain.host_names import judge_names_here, names_needed_on, public_names
from codeb.domain.infra import Host, Infra, Ssh


class HostLook(Protocol):
    def look(self, host: Host, ssh: Ssh, names: Sequence[str]) -> HostFacts | Unreached: ...


class NameLookup(Protocol):
    def addresses(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]: ...


def check_hosts(infra: Infra, *, look: HostLook, lookup: NameLookup, ssh_of: Callable[[str], Ssh]) -> list[Finding]:
    """The findings of each host, in the file's order."""

    def judged(name: str) -> list[Finding]:
        facts = look.look(infra.hosts[name], ssh_of(name), list(names_needed_on(infra, name)))
        return list(judge(infra, name, facts))

    with ThreadPoolExecutor(len(infra.hosts)) as pool:
        looks = [pool.submit(judged, name) for name in infra.hosts]
        names = list(judge_names_here(infra, lookup.addresses(list(public_names(infra)))))
        found = [finding for each in looks for finding in each.result()]
    return [finding for host in infra.hosts for finding in (*found, *names) if finding.host == host]
