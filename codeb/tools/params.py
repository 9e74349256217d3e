"""The inputs that tools have in common. Names as on the wire are in camelCase."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from codeb.domain.names import EnvironmentName, project_name
from codeb.errors import InvalidInput

ProjectName = Annotated[str, AfterValidator(project_name), Field(description="case is folded, _ becomes -")]
P = TypeVar("P", bound="Params")
_UNSTORABLE = "it cannot be kept: it holds a NUL, half of a surrogate pair, or is nested too deep"


class Params(BaseModel):
    """The base of every tool's input. Fields that a tool does not know are ignored, and the answer lists them."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class ProjectParams(Params):
    project_name: ProjectName


class EnvironmentParams(ProjectParams):
    environment: EnvironmentName = EnvironmentName.PRODUCTION


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
    known = {field.alias for field in model.model_fields.values()}
    used = {key: value for key, value in given.items() if key in known and value is not None}
    try:
        params = model.model_validate(used)
    except ValidationError as error:
        problems = [{"field": _path(each["loc"]), "reason": each["msg"]} for each in error.errors()]
        raise InvalidParams(problems) from None
    return params, sorted(given.keys() - used.keys())


def storable(value: Any, levels: int = 16) -> bool:
    """False where a NUL or half of a surrogate pair hides, or too many levels: no database or file keeps those."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, Mapping):
        return storable([*value, *value.values()], levels)
    return not isinstance(value, list) or (levels > 0 and all(storable(each, levels - 1) for each in value))


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
