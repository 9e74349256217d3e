"""team_create, team_list, team_get, team_settings, team_delete. Spec section 6; security 10."""

from datetime import timedelta
from typing import Any

from pydantic import Field

from codeb.adapters.hooks.signature import hook_secret, team_signer
from codeb.domain.access import KeyKind, Role
from codeb.domain.quotas import MB
from codeb.domain.records import iso
from codeb.domain.teams import Label, Quotas, Slug, Team, TeamId, TeamSettings
from codeb.errors import InvalidInput
from codeb.tools.call import Call
from codeb.tools.env_masking import MASK
from codeb.tools.params import DryRun, Params, parse
from codeb.tools.plan import planned
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool


class TeamParams(Params):
    team_id: TeamId | None = Field(default=None, description="your own without; another one needs a platform key")


class CreateParams(DryRun):
    name: Label
    slug: Slug | None = Field(default=None, description="the team's id, part of its keys; made of the name without")


class SettingsParams(TeamParams, DryRun):
    settings: dict[str, Any] = Field(
        default_factory=dict,
        max_length=50,
        description="those to change of defaultEnvironment, autoPromote, gracePeriodHours (1-720), allowedDomains,"
        " notificationWebhook; null brings a default back. autoPromote promotes each successful deploy to the default"
        " environment, for keys that may promote",
    )
    quotas: dict[str, Any] = Field(
        default_factory=dict,
        max_length=50,
        description="for platform keys: those to change of projects, previews, memoryMb, cpus, imagesMb (on the app"
        " host), concurrentDeploys, streams; null is without limit",
    )


class DeleteParams(TeamParams, DryRun):
    confirm: str = Field(default="", max_length=100, description="the team's name, typed out")


class _Settings(Params):
    settings: TeamSettings


class _Quotas(Params):
    quotas: Quotas


def create(call: Call, params: CreateParams) -> Record:
    """Make a further team. The answer holds the key of its owner, this once."""
    team, key = call.services.access.teams.create(call.auth, params.name, params.slug, keep=not params.dry_run)
    if params.dry_run:
        return planned(f"make the team {team.name} and a key for its owner", team=shown(call, team))
    return {
        "team": shown(call, team),
        "teamId": team.id,
        "key": key.text,
        "token": key.record.shown(),
        "changed": True,
        "message": f"keep the key now: it cannot be shown again; with it you are the owner of {team.name}",
    }


def list_(call: Call, params: Params) -> Record:  # noqa: ARG001
    """Your team; every team, for a platform key."""
    teams = [shown(call, team) for team in call.services.access.teams.visible(call.auth)]
    return {"teams": teams, "total": len(teams)}


def get(call: Call, params: TeamParams) -> Record:
    """A team with its projects, members, settings and quotas."""
    team = call.services.access.teams.get(call.auth, params.team_id)
    record = {"team": shown(call, team)}
    return {**record, "usage": _usage(call, team.id)} if call.auth.projects is None else record


def settings(call: Call, params: SettingsParams) -> Record:
    """Change some of a team's settings; with a platform key, its quotas too."""
    if not params.settings and not params.quotas:
        raise InvalidInput("settings", "name at least one to change")
    teams = call.services.access.teams
    before, after = teams.change(call.auth, params.team_id, lambda team: _edited(team, params), keep=not params.dry_run)
    names = _changed(before.settings, after.settings) + _changed(before.quotas, after.quotas)
    record = {"team": shown(call, after), "changedSettings": names}
    if params.dry_run:
        return planned(f"change {', '.join(names)}" if names else "nothing: it is so already", **record)
    return {**record, **_webhook_secret(call, after), "changed": bool(names)}


def delete(call: Call, params: DeleteParams) -> Record:
    """Delete a team that has no project left, and revoke its keys. There is no way back."""
    team, keys = call.services.access.teams.delete(call.auth, params.team_id, params.confirm, keep=not params.dry_run)
    record = {"team": shown(call, team), "revoked": list(keys)}
    if params.dry_run:
        return planned(f"delete the team {team.name} and revoke its {len(keys)} keys", **record)
    return {
        **record,
        "changed": True,
        "message": f"{team.name} is gone, and its {len(keys)} keys open nothing any more",
    }


def shown(call: Call, team: Team) -> Record:
    """With the platform's grace where it has none. A webhook's address is a secret of those who may set it."""
    record = team.model_dump(mode="json", by_alias=True)
    settings: Record = record["settings"]
    if team.settings.grace_period_hours is None:
        hours = call.services.rules.grace / timedelta(hours=1)
        settings["gracePeriodHours"] = int(hours) if hours.is_integer() else hours
    if team.settings.notification_webhook and not call.auth.role.covers(Role.ADMIN):
        settings["notificationWebhook"] = MASK
    return record


def _usage(call: Call, team_id: str) -> Record:
    """What there is of each quota right now. Streams are counted by the server that has them."""
    quotas = call.services.quotas
    used = quotas.usage(team_id)
    return {
        "projects": sum(each.team_id == team_id for each in call.services.projects.all()),
        "previews": used.previews,
        "memoryMb": used.memory // MB,
        "cpus": used.cpus,
        "concurrentDeploys": len(quotas.places.underway(team_id)),
    }


def _webhook_secret(call: Call, team: Team) -> Record:
    """What its receiver checks signatures with; an assistant never sees it."""
    if team.settings.notification_webhook is None or call.auth.kind is KeyKind.ASSISTANT:
        return {}
    signer, made_at = team_signer(team.id), iso(team.created_at) or ""
    return {"webhookSecret": hook_secret(call.services.settings.env_key, signer, made_at).reveal()}


def _edited(team: Team, params: SettingsParams) -> Team:
    """Raises InvalidInput with the setting's name."""
    merged_settings = _merged("settings", team.settings, params.settings)
    merged_quotas = _merged("quotas", team.quotas, params.quotas)
    wanted = parse(_Settings, {"settings": merged_settings})[0].settings
    limits = parse(_Quotas, {"quotas": merged_quotas})[0].quotas
    return team.model_copy(update={"settings": wanted, "quotas": limits})


def _merged(field: str, before: TeamSettings | Quotas, given: dict[str, Any]) -> dict[str, Any]:
    known = {str(each.alias) for each in type(before).model_fields.values()}
    if unknown := sorted(given.keys() - known):
        raise InvalidInput(f"{field}.{unknown[0]}", f"is none of them; there are {', '.join(sorted(known))}")
    merged = {**before.stored(), **given}
    return {key: value for key, value in merged.items() if value is not None}


def _changed(before: TeamSettings | Quotas, after: TeamSettings | Quotas) -> list[str]:
    fields = type(before).model_fields.items()
    return [str(each.alias) for name, each in fields if getattr(before, name) != getattr(after, name)]


TOOLS: tuple[Tool[Any], ...] = (
    Tool("team_create", "team.create", Role.OWNER, CreateParams, create, Lane.CHANGE),
    Tool("team_list", "team.view", Role.VIEWER, Params, list_),
    Tool("team_get", "team.view", Role.VIEWER, TeamParams, get),
    Tool("team_settings", "team.settings", Role.ADMIN, SettingsParams, settings, Lane.CHANGE),
    Tool(
        "team_delete",
        "team.delete",
        Role.OWNER,
        DeleteParams,
        delete,
        Lane.CHANGE,
        result={
            "team": "what it was",
            "revoked": "the ids of its keys",
            "changed": "true",
            "message": "a sentence",
        },
    ),
)
