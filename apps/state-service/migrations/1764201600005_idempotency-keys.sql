-- Up Migration

CREATE TABLE idempotency_keys (
  client text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  -- HMAC-SHA-256 of the request with the pepper: a body may hold a password.
  fingerprint bytea NOT NULL,
  -- Of the request that may answer.
  token text NOT NULL,
  -- Encrypted (AES-256-GCM): an answer may hold a secret. Null while nobody has answered.
  answer bytea,
  claimed_at timestamptz(3) NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client, key),
  CONSTRAINT idempotency_keys_client_bounds CHECK (char_length(client) BETWEEN 1 AND 128),
  CONSTRAINT idempotency_keys_key_bounds CHECK (char_length(key) BETWEEN 1 AND 255),
  CONSTRAINT idempotency_keys_fingerprint_bounds CHECK (octet_length(fingerprint) = 32),
  CONSTRAINT idempotency_keys_token_bounds CHECK (char_length(token) BETWEEN 1 AND 64),
  CONSTRAINT idempotency_keys_answer_bounds CHECK (octet_length(answer) <= 4194304)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Down Migration

DROP TABLE idempotency_keys;
