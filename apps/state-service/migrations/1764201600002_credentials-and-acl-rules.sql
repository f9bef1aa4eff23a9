-- Up Migration

CREATE TABLE credentials (
  id text COLLATE "C" PRIMARY KEY,
  user_name text COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  position bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  verifier text NOT NULL,
  not_after timestamptz(3),
  version bigint NOT NULL DEFAULT nextval('version_sequence'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT credentials_id_bounds CHECK (id ~ '^[A-Za-z0-9]{16}$'),
  CONSTRAINT credentials_kind_bounds CHECK (kind IN ('argon2id', 'scrypt', 'bcrypt')),
  CONSTRAINT credentials_verifier_bounds CHECK (
    char_length(verifier) <= 256
    AND CASE kind WHEN 'bcrypt' THEN verifier ~ '^\$2[aby]\$' ELSE starts_with(verifier, '$' || kind || '$') END
  )
);
CREATE INDEX credentials_by_user ON credentials (user_name, position);
CREATE INDEX credentials_by_expiry ON credentials (not_after) WHERE not_after IS NOT NULL;

CREATE TABLE acl_rules (
  id text COLLATE "C" PRIMARY KEY,
  user_name text COLLATE "C" REFERENCES users (name) ON DELETE CASCADE,
  group_name text COLLATE "C" REFERENCES groups (name) ON DELETE CASCADE,
  position bigint GENERATED ALWAYS AS IDENTITY,
  domains text[],
  cidrs text[],
  ports integer[],
  comment text,
  version bigint NOT NULL DEFAULT nextval('version_sequence'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT acl_rules_id_bounds CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
  CONSTRAINT acl_rules_one_subject CHECK (num_nonnulls(user_name, group_name) = 1),
  CONSTRAINT acl_rules_domains_bounds CHECK (texts_in_bounds(domains, 1024, 256)),
  CONSTRAINT acl_rules_cidrs_bounds CHECK (texts_in_bounds(cidrs, 1024, 49)),
  CONSTRAINT acl_rules_ports_bounds CHECK (
    ports IS NULL
    OR (cardinality(ports) BETWEEN 1 AND 1024 AND 1 <= ALL (ports) AND 65535 >= ALL (ports) AND array_position(ports, NULL) IS NULL)
  ),
  CONSTRAINT acl_rules_comment_bounds CHECK (char_length(comment) BETWEEN 1 AND 1024)
);
CREATE INDEX acl_rules_by_user ON acl_rules (user_name, position) WHERE user_name IS NOT NULL;
CREATE INDEX acl_rules_by_group ON acl_rules (group_name, position) WHERE group_name IS NOT NULL;

-- Down Migration

DROP TABLE acl_rules, credentials;
