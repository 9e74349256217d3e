-- The migration of a deployment, and what journal and database said differently. Spec section 7, degraded mode.

ALTER TABLE deployments ADD COLUMN migration jsonb NOT NULL DEFAULT '{}';

CREATE TABLE conflicts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_name  varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment   varchar(20) NOT NULL,
    found_at      timestamptz NOT NULL DEFAULT now(),
    journal       jsonb NOT NULL,
    database      jsonb NOT NULL,
    kept          varchar(10) NOT NULL CHECK (kept IN ('journal', 'database'))
);
-- The same two records are one conflict, however often they are compared.
CREATE UNIQUE INDEX conflicts_once
    ON conflicts (project_name, environment, md5(journal::text), md5(database::text));
CREATE INDEX conflicts_found ON conflicts (found_at DESC);
