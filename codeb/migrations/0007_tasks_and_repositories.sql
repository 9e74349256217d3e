-- Tasks with the files they hold, and which repository a project's git tools may touch. Spec section 6; security 6.

CREATE TABLE work_tasks (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id         varchar(64) NOT NULL,
    project_name    varchar(40) NOT NULL REFERENCES projects ON DELETE CASCADE,
    title           varchar(500) NOT NULL,
    description     text NOT NULL DEFAULT '',
    author          varchar(255) NOT NULL,
    branch          varchar(255) NOT NULL,
    pr_number       integer,
    status          varchar(20) NOT NULL
        CHECK (status IN ('draft', 'in_progress', 'pushed', 'deploying', 'deployed', 'cancelled')),
    priority        varchar(20) NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    affected_areas  jsonb NOT NULL DEFAULT '[]',
    progress_notes  jsonb NOT NULL DEFAULT '[]',
    deploy_id       varchar(64),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE INDEX work_tasks_project ON work_tasks (project_name, status, created_at DESC);
CREATE INDEX work_tasks_branch ON work_tasks (project_name, branch);

-- A file is held while released_at is empty. Paths are longer than an index entry may be, hence the digest.
CREATE TABLE work_task_files (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id             bigint NOT NULL REFERENCES work_tasks ON DELETE CASCADE,
    file_path           varchar(1000) NOT NULL,
    change_description  text NOT NULL DEFAULT '',
    locked_at           timestamptz NOT NULL,
    released_at         timestamptz
);
CREATE UNIQUE INDEX work_task_files_once ON work_task_files (task_id, md5(file_path));
CREATE INDEX work_task_files_held ON work_task_files (md5(file_path)) WHERE released_at IS NULL;

CREATE TABLE project_repositories (
    project_name  varchar(40) PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
    repository    varchar(201) NOT NULL,
    bound_by      varchar(255) NOT NULL,
    bound_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX project_repositories_name ON project_repositories (lower(repository));
