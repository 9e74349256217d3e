"""The inputs that tools have in common. Names as on the wire are in camelCase."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from codeb.domain.names import EnvironmentName, project_name
from codeb.errors import InvalidInput

ProjectName = Annotated[str, AfterValidator(project_name), Field(description="case is folded, _ becomes -")]
P = TypeVar("P", bound="Params")
_HIDDEN = re.compile("[\\0\ud800-\udfff]")
_FEW, _SHORT = 4, 64
_MOST_PROBLEMS = 20
_MOST_ITEMS = 20_000
"""Of one list: checking more of them would hold up everybody else."""
_UNSTORABLE = "it cannot be kept: it holds a NUL, half of a surrogate pair, is nested too deep, or holds too many items"


class Params(BaseModel):
    """The base of every tool's input. Fields that a tool does not know are ignored, and the answer lists them."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class ProjectParams(Params):
    project_name: ProjectName


class EnvironmentParams(ProjectParams):
    environment: EnvironmentName = Field(
        default=EnvironmentName.PRODUCTION, description="default: the team's, which is production unless it set another"
    )


class DryRun(Params):
    """Mixed into the input of every tool that changes something."""

    dry_run: bool = Field(default=False, description="answer what would happen and change nothing")


class InvalidParams(InvalidInput):
    """The first thing that is wrong, and all of them under ``errors``."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        self.problems = problems
        super().__init__(problems[0]["field"], problems[0]["reason"])

    def facts(self) -> dict[str, object]:
        return {**super().facts(), "errors": self.problems}


def parse(model: type[P], given: Mapping[str, Any]) -> tuple[P, list[str]]:
    """The input, and the names of the fields that were ignored; raises InvalidInput."""
    if not storable(list(given)):
        raise InvalidInput("params", _UNSTORABLE)
    for field, value in given.items():
        if not storable(value):
            raise InvalidInput(field, _UNSTORABLE)
    known = _aliases(model)
    used = {key: value for key, value in given.items() if key in known and value is not None}
    try:
        params = model.model_validate(used)
    except ValidationError as error:
        problems = [{"field": _path(each["loc"]), "reason": each["msg"]} for each in error.errors()[:_MOST_PROBLEMS]]
        raise InvalidParams(problems) from None
    return params, sorted(given.keys() - used.keys())


def parse_again(model: type[P], given: Mapping[str, Any]) -> tuple[P, list[str]]:
    """As :func:`parse`, for what is asked all the time with the same few words, none of them secret: they are kept."""
    words = few_words(given)
    if words is None:
        return parse(model, given)
    params, ignored = _kept(model, words)
    return cast(P, params), list(ignored)


def few_words(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """What is asked, where that is a few short texts: then it can be kept, and found again."""
    if len(given) > _FEW:
        return None
    for name, word in given.items():
        if type(word) is not str or len(word) > _SHORT or len(name) > _SHORT:
            return None
    return tuple(given.items())


@lru_cache(maxsize=4096)
def _kept(model: type[Params], words: tuple[tuple[str, str], ...]) -> tuple[Params, list[str]]:
    return parse(model, dict(words))


@cache
def _aliases(model: type[Params]) -> frozenset[str | None]:
    return frozenset(field.alias for field in model.model_fields.values())


def storable(value: Any, levels: int = 16) -> bool:
    """False where a NUL or half of a surrogate pair hides, which no database keeps, or too many levels or items."""
    if isinstance(value, str):
        return _HIDDEN.search(value) is None
    if isinstance(value, dict):
        return storable([*value, *value.values()], levels)
    if not isinstance(value, list):
        return True
    return len(value) <= _MOST_ITEMS and levels > 0 and all(storable(each, levels - 1) for each in value)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
