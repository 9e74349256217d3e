"""From the dispatch to the audit: a call that ended becomes a row, without its secrets. Lesson 4."""

from codeb.api.trail import Finished, Trail
from codeb.bootstrap import Services
from codeb.tools import registry
from codeb.tools.audit_entry import RequestFacts, entry_of
from codeb.tools.results import Record
from codeb.tools.tool import Lane


def audit_of(services: Services) -> Trail:
    """What the dispatch calls with every call that ended."""

    def tell(done: Finished) -> None:
        origin = done.origin
        services.trail.record(
            entry_of(
                done.tool,
                done.params,
                done.error if done.error is not None else _kept(done),
                auth=done.auth,
                facts=RequestFacts(origin.correlation_id, done.source, origin.ip, origin.user_agent),
                duration_ms=done.seconds * 1000,
                cover=services.known.cover,
            )
        )

    return tell


def _kept(done: Finished) -> Record:
    """What was answered, of a call that changed something. A look at things is told without what was seen."""
    return (done.record or {}) if registry.find(done.tool).lane is not Lane.READ else {}
