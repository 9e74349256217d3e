"""The doctor: every environment, and the host itself. Issue 4, section 5."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codeb.errors import CodebError
from codeb.services.protocols import History, HostCheck
from codeb.services.recover import Recover
from codeb.services.repairs import Finding


@dataclass(frozen=True, slots=True)
class Doctor:
    recover: Recover
    history: History
    checks: Sequence[HostCheck]

    def __call__(self, *, dry_run: bool = False) -> Sequence[Finding]:
        """What was found and mended; with ``dry_run`` only found."""
        return [*self._host(), *self.recover(dry_run=dry_run), *self._conflicts()]

    def _host(self) -> Iterator[Finding]:
        for check in self.checks:
            if problem := check.problem():
                yield Finding(None, problem, mended=False)

    def _conflicts(self) -> Iterator[Finding]:
        """Two records of one moment; one stands, the other is kept for a person to look at."""
        try:
            conflicts = self.history.conflicts()
        except CodebError as error:
            yield Finding(None, f"conflicts between journal and database could not be read: {error}", mended=False)
            return
        for each in conflicts:
            what = (
                f"on {each.found_at:%Y-%m-%d %H:%M} UTC journal and database told different stories of generation"
                f" {each.journal.get('generation')}; the {each.kept}'s stands, both are in the table `conflicts`"
            )
            yield Finding(each.environment, what, mended=False)
