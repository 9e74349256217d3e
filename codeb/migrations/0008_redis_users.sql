-- Which environment has which user of Redis: what is set again when Redis has forgotten it. Spec section 6.

CREATE TABLE redis_users (
    username       varchar(64) PRIMARY KEY,
    project_name   varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    environment    varchar(20) NOT NULL,
    password_hash  char(64) NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_name, environment)
);
