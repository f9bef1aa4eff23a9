-- Up Migration

-- Versions and generations come from one counter each, so that a row made anew never repeats one that an earlier row of its name had.
CREATE SEQUENCE version_sequence;
CREATE SEQUENCE generation_sequence;

-- Whether a list has 1 to max_items texts of 1 to max_length characters; absent lists are in bounds.
CREATE FUNCTION texts_in_bounds(list text[], max_items integer, max_length integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT list IS NULL
    OR (cardinality(list) BETWEEN 1 AND max_items
      AND (SELECT coalesce(bool_and(item IS NOT NULL AND char_length(item) BETWEEN 1 AND max_length), false)
           FROM unnest(list) AS item))
$$;

CREATE TABLE users (
  name text COLLATE "C" PRIMARY KEY,
  enabled boolean NOT NULL,
  destinations text NOT NULL,
  quota_connections integer,
  on_revoke text NOT NULL,
  generation bigint NOT NULL DEFAULT nextval('generation_sequence'),
  version bigint NOT NULL DEFAULT nextval('version_sequence'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT users_name_bounds CHECK (octet_length(name) BETWEEN 1 AND 255 AND name !~ '[:[:cntrl:]]'),
  CONSTRAINT users_destinations_bounds CHECK (destinations IN ('Public', 'Rules')),
  CONSTRAINT users_quota_bounds CHECK (quota_connections BETWEEN 1 AND 1000000),
  CONSTRAINT users_on_revoke_bounds CHECK (on_revoke IN ('Keep', 'Disconnect'))
);

-- What a rebuild has to publish as deleted.
CREATE TABLE deleted_users (
  name text COLLATE "C" PRIMARY KEY,
  generation bigint NOT NULL,
  deleted_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX deleted_users_by_age ON deleted_users (deleted_at);

CREATE TABLE groups (
  name text COLLATE "C" PRIMARY KEY,
  description text,
  quota_connections integer,
  version bigint NOT NULL DEFAULT nextval('version_sequence'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT groups_name_bounds CHECK (char_length(name) <= 253 AND name ~ '^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$'),
  CONSTRAINT groups_description_bounds CHECK (char_length(description) BETWEEN 1 AND 1024),
  CONSTRAINT groups_quota_bounds CHECK (quota_connections BETWEEN 1 AND 1000000)
);

CREATE TABLE memberships (
  user_name text COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  group_name text COLLATE "C" NOT NULL REFERENCES groups (name) ON DELETE CASCADE,
  PRIMARY KEY (user_name, group_name)
);
CREATE INDEX memberships_by_group ON memberships (group_name, user_name);

-- Down Migration

DROP TABLE memberships, groups, deleted_users, users;
DROP FUNCTION texts_in_bounds;
DROP SEQUENCE generation_sequence, version_sequence;
