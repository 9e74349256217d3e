"""Which repository a project is bound to. A repository belongs to one team: security 6."""

from dataclasses import dataclass

from codeb.adapters.postgres.database import Database
from codeb.domain.git import RepositoryTaken
from codeb.domain.project import UnknownProject

_BIND_LOCK = 0x0C0DEB + 7
"""Bindings are rare and decided one at a time."""


@dataclass(frozen=True, slots=True)
class RepositoryRows:
    database: Database

    def of(self, project: str) -> str | None:
        with self.database.transaction() as connection:
            row = connection.execute(
                "SELECT repository FROM project_repositories WHERE project_name = %s", [project]
            ).fetchone()
        return row["repository"] if row else None

    def bind(self, project: str, repository: str | None, by: str, *, plan: bool = False) -> str | None:
        with self.database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_BIND_LOCK])
            row = connection.execute(
                "SELECT p.team_id, r.repository FROM projects p LEFT JOIN project_repositories r"
                " ON r.project_name = p.name WHERE p.name = %s",
                [project],
            ).fetchone()
            if row is None:
                raise UnknownProject(project)
            other = connection.execute(
                "SELECT p.team_id FROM project_repositories r JOIN projects p ON p.name = r.project_name"
                " WHERE lower(r.repository) = lower(%s) AND p.team_id <> %s",
                [repository, row["team_id"]],
            ).fetchone()
            if other is not None and repository is not None:
                raise RepositoryTaken(repository, other["team_id"])
            before: str | None = row["repository"]
            if plan or before == repository:
                return before
            if repository is None:
                connection.execute("DELETE FROM project_repositories WHERE project_name = %s", [project])
            else:
                connection.execute(
                    "INSERT INTO project_repositories (project_name, repository, bound_by) VALUES (%s, %s, %s)"
                    " ON CONFLICT (project_name) DO UPDATE"
                    " SET repository = excluded.repository, bound_by = excluded.bound_by, bound_at = now()",
                    [project, repository, by],
                )
        return before
