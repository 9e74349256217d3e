-- Every call of a tool, refusals and crashes too. Spec sections 6 and 7; security 17.

CREATE TABLE audit_logs (
    id              varchar(40) PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    tool            text NOT NULL,
    params          jsonb NOT NULL,
    result          jsonb NOT NULL,
    auth_key_id     text NOT NULL,
    auth_team_id    text NOT NULL,
    auth_role       text NOT NULL,
    project         text,
    success         boolean NOT NULL,
    error           text,
    code            text,
    duration_ms     double precision NOT NULL,
    ip              text,
    user_agent      text,
    correlation_id  text NOT NULL,
    source          text NOT NULL
);
-- A page begins where the last one ended: each of these is in the order of the pages.
CREATE INDEX audit_logs_newest ON audit_logs (created_at DESC, id DESC);
CREATE INDEX audit_logs_team ON audit_logs (auth_team_id, created_at DESC, id DESC);
CREATE INDEX audit_logs_project ON audit_logs (project, created_at DESC, id DESC);
CREATE INDEX audit_logs_tool ON audit_logs (tool, created_at DESC, id DESC);
CREATE INDEX audit_logs_key ON audit_logs (auth_key_id, created_at DESC, id DESC);
-- A project has one team and a key has one: the planner need not intersect what is contained in each other.
CREATE STATISTICS audit_logs_belong (dependencies) ON auth_team_id, project, auth_key_id FROM audit_logs;

-- Rows stay as they were written; only `codeb audit prune` deletes, and never what is younger than 30 days.
-- A role that owns the table can drop this trigger: it stops mistakes and statements that were slipped in, and makes
-- tampering a deliberate act. Whoever wants more lets another role own the table and apply the migrations, and
-- grants the runtime role INSERT and SELECT.
CREATE FUNCTION audit_logs_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('codeb.audit_prune', true) = 'on' THEN
        IF OLD.created_at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_logs: % is refused, rows of the audit are never changed', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_logs_rows_stay BEFORE UPDATE OR DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION audit_logs_stay();
CREATE TRIGGER audit_logs_all_stay BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_stay();

-- Deletes at most 10,000 rows; returns how many. It acts as the table's owner, so that the runtime role need not
-- have the right to delete; where another role owns it, GRANT EXECUTE to whoever prunes.
CREATE FUNCTION audit_logs_prune(older_than timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM set_config('codeb.audit_prune', 'on', true);
    DELETE FROM audit_logs WHERE id IN (
        SELECT id FROM audit_logs
         WHERE created_at < least(older_than, now() - interval '30 days') ORDER BY created_at LIMIT 10000
    );
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('codeb.audit_prune', '', true);
    RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION audit_logs_prune(timestamptz) FROM PUBLIC;
