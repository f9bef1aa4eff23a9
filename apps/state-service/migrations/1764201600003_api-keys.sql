-- Up Migration

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  client text COLLATE "C" NOT NULL,
  -- HMAC-SHA-256 of the key with the pepper, which is not in the database.
  mac bytea NOT NULL,
  scopes text[] NOT NULL,
  comment text,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  last_used_at timestamptz(3),
  version bigint NOT NULL DEFAULT nextval('version_sequence'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT api_keys_id_bounds CHECK (id ~ '^[A-Za-z0-9]{16}$'),
  CONSTRAINT api_keys_client_bounds CHECK (client ~ '^[A-Za-z0-9._-]{1,128}$'),
  CONSTRAINT api_keys_mac_bounds CHECK (octet_length(mac) = 32),
  CONSTRAINT api_keys_scopes_bounds CHECK (texts_in_bounds(scopes, 32, 64)),
  CONSTRAINT api_keys_comment_bounds CHECK (char_length(comment) BETWEEN 1 AND 1024)
);
CREATE INDEX api_keys_by_client ON api_keys (client, id);

-- Down Migration

DROP TABLE api_keys;
