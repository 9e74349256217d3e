"""What a run asks a host: everything that its steps want to know in one command, and again only after a change.

Steps plan their questions while they are collected. The first step that runs has all of them asked; the others take
its answers as long as no step has changed anything, on any host. After a change a component asks anew for the rest of
itself.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from pyinfra.api import FactBase
from pyinfra.api.host import Host
from pyinfra.context import ctx_host

_LONGEST = 60_000
"""Characters of one command: the kernel takes 128 KiB as one argument, and the way through sudo quotes it once more."""
_END = "codeb-survey-end"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A fact that a step of ``component`` wants to know when it runs."""

    fact: type[FactBase[T]]
    arguments: tuple[tuple[str, Hashable], ...]
    component: str = field(default="", compare=False)

    def answer(self) -> T:
        """As things are now, on the host that pyinfra works on."""
        here = _here()
        found: T = _survey(here).answer(here, self)
        return found

    @property
    def command(self) -> str:
        return str(self.fact().command(**dict(self.arguments)))

    def read(self, lines: list[str]) -> T:
        fact = self.fact()
        return fact.process(lines) if lines else fact.default()


@dataclass(frozen=True, slots=True)
class Batch:
    """Commands that are sent as one. pyinfra names a fact's arguments where it fails: these would fill pages."""

    commands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.commands)} questions"

    __repr__ = __str__


class Answers(FactBase[dict[int, list[str]]]):
    """The lines that each command of a batch printed, by its place; without those that failed."""

    default = dict

    def command(self, batch: Batch) -> str:
        return "; ".join(f"( {each} ); printf '\\n{_END} %s\\n' $?" for each in batch.commands)

    def process(self, output: list[str]) -> dict[int, list[str]]:
        return {place: lines for place, (status, lines) in enumerate(_parts(output)) if status == "0"}


def _parts(output: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Exit status and lines of each command; the line end before the mark is ours."""
    lines: list[str] = []
    for line in output:
        if not line.startswith(f"{_END} "):
            lines.append(line)
            continue
        yield line.split()[-1], lines[:-1] if lines and not lines[-1] else lines
        lines = []


def plan(fact: type[FactBase[T]], **arguments: Hashable) -> Question[T]:
    """A question of the component that is collected now."""
    here = _here()
    question = Question(fact, tuple(arguments.items()), here.current_deploy_name or "")
    _survey(here).planned.append(question)
    return question


def ask(fact: type[FactBase[T]], **arguments: Hashable) -> T:
    """At once, with what is planned by then: for what decides which steps there are."""
    return Question(fact, tuple(arguments.items())).answer()


@dataclass(slots=True)
class _Survey:
    """Of one host in one run. ``moment`` is when the answers were taken: which stage, and after how many changes."""

    planned: list[Question[Any]] = field(default_factory=list)
    answers: dict[Question[Any], Any] = field(default_factory=dict)
    moment: tuple[bool, int] = (False, 0)

    def answer(self, here: Host, question: Question[Any]) -> Any:
        moment = (here.state.is_executing, _changes(here))
        if moment != self.moment:
            self.moment, self.answers = moment, {}
        if question not in self.answers:
            self._ask(here, question)
        if here.state.is_executing and question in self.planned:
            self.planned.remove(question)
        return self.answers[question]

    def _ask(self, here: Host, question: Question[Any]) -> None:
        unchanged = self.moment[1] == 0
        wanted = (each for each in self.planned if unchanged or each.component == question.component)
        open_ones = [each for each in dict.fromkeys((question, *wanted)) if each not in self.answers]
        for some in _batches(open_ones):
            found = here.get_fact(Answers, batch=Batch(tuple(each.command for each in some))) if len(some) > 1 else {}
            self.answers |= {some[place]: some[place].read(lines) for place, lines in found.items()}
        if question not in self.answers:
            # Alone, so that what is wrong with it is said of it.
            self.answers[question] = here.get_fact(question.fact, **dict(question.arguments))


def _batches(questions: Sequence[Question[Any]]) -> Iterator[list[Question[Any]]]:
    some: list[Question[Any]] = []
    length = 0
    for each in questions:
        if some and length + len(each.command) > _LONGEST:
            yield some
            some, length = [], 0
        some.append(each)
        length += len(each.command)
    if some:
        yield some


def _changes(here: Host) -> int:
    """Steps of this run that have sent commands, to any host: an API's health depends on a database elsewhere."""
    metas = (data.operation_meta for ops in here.state.ops.values() for data in ops.values())
    return sum(meta.is_complete() and meta.executed for meta in metas)


_surveys: WeakKeyDictionary[Host, _Survey] = WeakKeyDictionary()


def _here() -> Host:
    here: Host = ctx_host.get()  # type: ignore[no-untyped-call]
    return here


def _survey(here: Host) -> _Survey:
    return _surveys.setdefault(here, _Survey())
