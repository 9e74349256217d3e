-- Who may read a row: the project's team where a platform key acted on it, nobody's ('') where that is not known.
-- NULL is the team of the key that called, as in every row so far. Spec section 6, "Auth".

ALTER TABLE audit_logs ADD COLUMN team text;

DROP INDEX audit_logs_team;
CREATE INDEX audit_logs_team ON audit_logs ((COALESCE(team, auth_team_id)), created_at DESC, id DESC);

DROP STATISTICS audit_logs_belong;
CREATE STATISTICS audit_logs_belong (dependencies)
    ON (COALESCE(team, auth_team_id)), project, auth_key_id FROM audit_logs;
