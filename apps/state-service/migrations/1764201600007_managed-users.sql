-- Up Migration

ALTER TABLE users
  -- The program that keeps the user; null: nobody does.
  ADD COLUMN managed_by text COLLATE "C",
  -- What it made the user from when it put it last, in its own words.
  ADD COLUMN managed_revision text,
  -- The tag of the whole user, with its credentials and rules, as it put it: another tag means that others changed it.
  ADD COLUMN managed_tag text,
  ADD CONSTRAINT users_managed_by_bounds CHECK (
    char_length(managed_by) <= 255 AND managed_by ~ '^[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?$'
  ),
  ADD CONSTRAINT users_managed_revision_bounds CHECK (char_length(managed_revision) BETWEEN 1 AND 1024),
  ADD CONSTRAINT users_managed_tag_bounds CHECK (char_length(managed_tag) BETWEEN 1 AND 64);
CREATE INDEX users_managed ON users (name) WHERE managed_by IS NOT NULL;

-- Of managed users: the head that counted the published state in. Without a foreign key, which would lock the user's row.
CREATE TABLE user_publications (
  user_name text COLLATE "C" PRIMARY KEY,
  generation bigint NOT NULL,
  epoch bigint NOT NULL,
  revision bigint NOT NULL
);

-- Down Migration

DROP TABLE user_publications;
DROP INDEX users_managed;
ALTER TABLE users DROP COLUMN managed_by, DROP COLUMN managed_revision, DROP COLUMN managed_tag;
