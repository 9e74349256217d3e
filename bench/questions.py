"""What audit_list can be asked: each filter alone, and those that people put together."""

from datetime import datetime, timedelta

from bench.seeded import TEAM
from codeb.services.protocols.audit_log import AuditQuery, Reach


def questions(now: datetime) -> dict[str, AuditQuery]:
    """Every filter alone and those that people put together, for a team's key; then for a platform key."""
    team, key = Reach(TEAM), f"key_{TEAM}_7"
    since, until = now - timedelta(days=31), now - timedelta(days=30)
    narrow = Reach(TEAM, frozenset({"project-3", "project-77"}), key)
    return {
        "team": AuditQuery(team),
        "team, project": AuditQuery(team, project="project-77"),
        "team, project without rows": AuditQuery(team, project="project-gone"),
        "team, tool": AuditQuery(team, tool="slot_status"),
        "team, rare tool": AuditQuery(team, tool="rollback"),
        "team, tool without rows": AuditQuery(team, tool="team_delete"),
        "team, key": AuditQuery(team, key_id=key),
        "team, key without rows": AuditQuery(team, key_id="key_new"),
        "team, refused": AuditQuery(team, success=False),
        "team, since and until": AuditQuery(team, since=since, until=until),
        "team, until": AuditQuery(team, until=until),
        "team, project, rare tool": AuditQuery(team, project="project-77", tool="rollback"),
        "team, project, refused": AuditQuery(team, project="project-77", success=False),
        "team, project, a day": AuditQuery(team, project="project-77", since=since, until=until),
        "team, key, rare tool": AuditQuery(team, key_id=key, tool="rollback"),
        "key of two projects": AuditQuery(narrow),
        "small team": AuditQuery(Reach("team-e")),
        "small team, refused": AuditQuery(Reach("team-e"), success=False),
        "small team, tool": AuditQuery(Reach("team-e"), tool="deploy"),
        "small team, a day": AuditQuery(Reach("team-e"), since=since, until=until),
        "team without rows": AuditQuery(Reach("team-new")),
        "key of quiet projects": AuditQuery(Reach(TEAM, frozenset({"project-gone"}), "key_new")),
        "platform": AuditQuery(Reach(None)),
        "platform, tool": AuditQuery(Reach(None), tool="rollback"),
        "platform, a day": AuditQuery(Reach(None), since=since, until=until),
    }
