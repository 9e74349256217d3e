"""slot_list, of which the same answer is given to many while nothing changes. Spec section 6."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codeb.domain.access import AuthContext
from codeb.domain.project import Project
from codeb.domain.slots import SlotPair
from codeb.tools.call import Call
from codeb.tools.params import Params
from codeb.tools.results import Lines, Record
from codeb.tools.slot_view import slot_summary

_MOST = 16


class ListParams(Params):
    pass


def list_all(call: Call, params: ListParams) -> Record:  # noqa: ARG001
    """The slots of every environment of every project that the key may see."""
    return _listed(call.shown_projects(), call.services.status.all())


def list_at_hand(call: Call, params: ListParams) -> Record | None:  # noqa: ARG001
    memory = call.services.status.memory
    projects, pairs = memory.projects(), memory.all_slots()
    return None if projects is None or pairs is None else _kept.of(call.auth, projects, pairs)


def _listed(projects: Iterable[Project], pairs: Sequence[SlotPair]) -> Record:
    teams = {project.name: project.team_id for project in projects}
    data = [slot_summary(pair, teams[name]) for pair in pairs if (name := pair.environment.project) in teams]
    return {"data": Lines(data), "total": len(data)}


@dataclass(slots=True)
class _Kept:
    """Answers made of these very projects and slots, each for all who see the same; nobody changes one."""

    _projects: Sequence[Project] = ()
    _pairs: Sequence[SlotPair] = ()
    _answers: dict[tuple[str | None, frozenset[str] | None], Record] = field(default_factory=dict)

    def of(self, auth: AuthContext, projects: Sequence[Project], pairs: Sequence[SlotPair]) -> Record:
        if projects is not self._projects or pairs is not self._pairs or len(self._answers) >= _MOST:
            self._projects, self._pairs, self._answers = projects, pairs, {}
        who = (None if auth.platform else auth.team_id, auth.projects)
        if (known := self._answers.get(who)) is None:
            seen = (each for each in projects if auth.sees(each) and auth.covers(each.name))
            known = self._answers[who] = _listed(seen, pairs)
        return known


_kept = _Kept()
