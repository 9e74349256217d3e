"""Every host is looked at, each with the settings and names that are its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from codeb.domain.host_facts import HostFacts, Level, Trouble, Unreached
from codeb.domain.host_names import public_names
from codeb.domain.infra import Host, Ssh
from codeb.services.check_hosts import check_hosts
from tests.unit.domain.test_host_fitness import FIT, FOUR, infra
from tests.unit.domain.test_host_names import right


@dataclass
class FakeLook:
    asked: dict[str, tuple[Ssh, Sequence[str]]] = field(default_factory=dict)
    away: str = ""

    def look(self, host: Host, ssh: Ssh, names: Sequence[str]) -> HostFacts | Unreached:
        self.asked[host.address] = (ssh, names)
        if host.address == self.away:
            return Unreached(Trouble.NO_ANSWER)
        return replace(FIT, addresses=(host.address,), names=right(infra()))


class FakeLookup:
    def addresses(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        return {name: right(infra())[name] for name in names}


def test_four_fit_hosts_have_nothing_to_mend_and_come_in_the_files_order() -> None:
    look = FakeLook()
    found = check_hosts(infra(), look=look, lookup=FakeLookup(), ssh_of=infra().ssh_of)
    assert {finding.level for finding in found} == {Level.OK}
    assert list(dict.fromkeys(finding.host for finding in found)) == list(FOUR)
    assert look.asked["203.0.113.1"][1] == ["db.example.org"]


def test_one_host_that_is_away_does_not_hide_the_others() -> None:
    look = FakeLook(away="203.0.113.2")
    found = check_hosts(infra(), look=look, lookup=FakeLookup(), ssh_of=infra().ssh_of)
    assert [(each.host, each.check) for each in found if each.level is Level.PROBLEM] == [("streaming", "SSH")]
    assert len(look.asked) == 4


def test_every_public_name_is_looked_up_from_here() -> None:
    found = check_hosts(infra(), look=FakeLook(), lookup=FakeLookup(), ssh_of=infra().ssh_of)
    said = " ".join(each.message for each in found if each.message.startswith("from here"))
    assert all(name in said for name in public_names(infra()))
