-- Claims on hosts, and the certificates that were asked for. Spec section 7, security 7.

-- Several projects may claim a host; one of them may have proven it.
ALTER TABLE domains DROP CONSTRAINT domains_pkey;
ALTER TABLE domains ADD PRIMARY KEY (domain, project_name);
ALTER TABLE domains
    ADD COLUMN status        varchar(10) NOT NULL DEFAULT 'active' CHECK (status IN ('pending', 'active')),
    ADD COLUMN verified_at   timestamptz,
    ADD COLUMN created_by    varchar(255) NOT NULL DEFAULT '',
    ADD COLUMN asked_at      timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN next_look_at  timestamptz,
    ADD CONSTRAINT domains_generated_are_active CHECK (type = 'custom' OR status = 'active');
CREATE UNIQUE INDEX domains_active ON domains (domain) WHERE status = 'active';
CREATE INDEX domains_due ON domains (next_look_at) WHERE status = 'pending' AND next_look_at IS NOT NULL;

-- Outlives its project: a team that makes projects anew has had their certificates all the same.
CREATE TABLE certificates (
    host            varchar(253) PRIMARY KEY,
    team_id         varchar(64) NOT NULL,
    first_asked_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX certificates_team ON certificates (team_id, first_asked_at);
INSERT INTO certificates (host, team_id, first_asked_at)
    SELECT d.domain, p.team_id, d.created_at FROM domains d JOIN projects p ON p.name = d.project_name;
