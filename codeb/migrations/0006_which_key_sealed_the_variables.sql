-- Which key sealed a version (never the key: the first characters of a digest made for the purpose), so that a rotation
-- knows what is left; NULL for what was written before. And which version a restore took its variables from.
ALTER TABLE project_envs
    ADD COLUMN key_id        varchar(16),
    ADD COLUMN restored_from integer;
