"""A past for the audit: rows that PostgreSQL makes itself in the real table, spread over teams, projects, tools, time.

Half of them are the team's whose keys ask; the others belong to nine teams with projects of their own. Most are looks
at slots, as on any host; one in fifty was refused.
"""

import time
from dataclasses import dataclass

import psycopg

from bench.seeded import TEAM
from codeb.settings import Database

DAYS = 180
TOOLS = ("slot_list", "env_get", "deploy", "audit_list", "promote", "project_get", "rollback", "slot_cleanup")
"""Those besides slot_status; each is asked for once where the one before it is asked for twice."""

_FILL = """
INSERT INTO audit_logs (id, created_at, tool, params, result, auth_key_id, auth_team_id, auth_role, project, success,
                        error, code, duration_ms, ip, user_agent, correlation_id, source)
SELECT 'aud_' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || substr(md5(n::text), 1, 16),
       at, tool, jsonb_build_object('projectName', project, 'environment', 'production'),
       CASE WHEN tool IN ('deploy', 'promote') AND well
            THEN jsonb_build_object('slot', 'green', 'version', '1.0.' || n, 'changed', true) ELSE '{}' END,
       'key_' || team || '_' || key, team, 'owner', project, well,
       CASE WHEN NOT well THEN project || ': another change is under way' END, CASE WHEN NOT well THEN 'locked' END,
       round((dice * 40)::numeric, 1), '127.0.0.1', 'codeb/1.0', md5('c' || n), 'cli'
  FROM (SELECT n, dice, key, well, tool, team, now() - %(days)s * interval '1 day' * (1 - n::float / %(rows)s) AS at,
               CASE WHEN team = %(team)s THEN 'project-' ELSE team || '-' END
                   || floor(which * %(projects)s)::int AS project
          FROM (SELECT n, random() AS dice, random() AS which, floor(random() * 20)::int AS key,
                       random() > 0.02 AS well,
                       CASE WHEN random() < 0.5 THEN %(team)s
                            ELSE 'team-' || chr(98 + floor(random() * 9)::int) END AS team,
                       CASE WHEN random() < 0.7 THEN 'slot_status'
                            ELSE (%(tools)s::text[])[least(1 + floor(-ln(1 - random()) / ln(2)), %(most)s)::int]
                       END AS tool
                  FROM generate_series(1, %(rows)s) AS n OFFSET 0) AS thrown) AS spread
"""


@dataclass(frozen=True, slots=True)
class History:
    """``rows`` over the last ``DAYS``, the newest of them now, of ``projects`` in each team."""

    rows: int
    projects: int

    def fill(self, settings: Database) -> float:
        """Returns the seconds that it took. The table is analyzed and vacuumed then, as it is in a life of months."""
        begun = time.perf_counter()
        with connected(settings) as connection:
            connection.execute("SELECT setseed(0.5)")
            values = {"tools": list(TOOLS), "most": len(TOOLS), "team": TEAM, "days": DAYS}
            connection.execute(_FILL, {**values, "rows": self.rows, "projects": self.projects})
            connection.execute("VACUUM (ANALYZE) audit_logs")
        return time.perf_counter() - begun


def connected(settings: Database) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of the benchmark's own, which nothing hurries."""
    return psycopg.connect(
        host=settings.host, port=settings.port, dbname=settings.name, user=settings.user, autocommit=True
    )
