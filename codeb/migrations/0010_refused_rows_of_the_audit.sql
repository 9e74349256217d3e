-- What was refused is little among much, and is what people look for: without this all the rest was read in vain.
CREATE INDEX audit_logs_refused ON audit_logs ((COALESCE(team, auth_team_id)), created_at DESC, id DESC) WHERE NOT success;
