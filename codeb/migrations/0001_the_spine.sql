-- What is declared, and the full history of what happened. Spec section 7.

CREATE TABLE projects (
    name        varchar(40) PRIMARY KEY,
    team_id     varchar(64) NOT NULL,
    type        varchar(50) NOT NULL,
    settings    jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX projects_team ON projects (team_id);

CREATE TABLE project_slots (
    project_name  varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment   varchar(20) NOT NULL CHECK (environment IN ('production', 'staging', 'preview')),
    blue_port     integer NOT NULL UNIQUE CHECK (blue_port % 2 = 0),
    green_port    integer NOT NULL UNIQUE CHECK (green_port = blue_port + 1),
    active_slot   varchar(10) CHECK (active_slot IN ('blue', 'green')),
    blue          jsonb NOT NULL DEFAULT '{}',
    green         jsonb NOT NULL DEFAULT '{}',
    maintenance   boolean NOT NULL DEFAULT false,
    generation    bigint NOT NULL DEFAULT 0,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_name, environment)
);

CREATE TABLE domains (
    domain        varchar(253) PRIMARY KEY,
    project_name  varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment   varchar(20) NOT NULL,
    type          varchar(20) NOT NULL CHECK (type IN ('custom', 'preview', 'production')),
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX domains_project ON domains (project_name, environment);

CREATE TABLE project_envs (
    project_name  varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment   varchar(20) NOT NULL,
    version       integer NOT NULL,
    encrypted     bytea NOT NULL,
    created_by    varchar(255) NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_name, environment, version)
);

CREATE TABLE deployments (
    id               varchar(32) PRIMARY KEY,
    project_name     varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment      varchar(20) NOT NULL,
    slot             varchar(10),
    status           varchar(20) NOT NULL CHECK (status IN ('pending', 'running', 'success', 'failed')),
    record           jsonb NOT NULL,
    promoted_at      timestamptz,
    promoted_by      varchar(255),
    rolled_back_at   timestamptz,
    rolled_back_by   varchar(255),
    rollback_reason  text,
    receipt          jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL
);
CREATE INDEX deployments_project ON deployments (project_name, environment, created_at DESC);

-- How far each journal on the app host has been brought in.
CREATE TABLE journal_positions (
    project_name  varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment   varchar(20) NOT NULL,
    event_id      varchar(40) NOT NULL,
    PRIMARY KEY (project_name, environment)
);
