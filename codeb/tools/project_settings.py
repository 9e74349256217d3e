"""A project's settings as the wire has them, and a change of some of them."""

from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from codeb.domain.project import ProjectSettings
from codeb.errors import InvalidInput
from codeb.tools.params import Params, parse


class SettingsInput(ProjectSettings):
    """The project's settings with the wire's names; an unknown one is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class _Settings(Params):
    settings: SettingsInput


def merged(before: ProjectSettings, given: dict[str, Any]) -> ProjectSettings:
    """Raises InvalidInput with the setting's name."""
    known = {to_camel(name) for name in ProjectSettings.model_fields}
    if unknown := sorted(given.keys() - known):
        raise InvalidInput(f"settings.{unknown[0]}", f"is no setting; there are {', '.join(sorted(known))}")
    whole = {**wire_settings(before), **given}
    checked, _ = parse(_Settings, {"settings": {key: value for key, value in whole.items() if value is not None}})
    return ProjectSettings(**checked.settings.model_dump())


def wire_settings(settings: ProjectSettings) -> dict[str, Any]:
    """With the wire's names."""
    return SettingsInput(**settings.model_dump()).model_dump(mode="json", by_alias=True)
