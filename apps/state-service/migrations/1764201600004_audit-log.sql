-- Up Migration

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  name text COLLATE "C" NOT NULL,
  before jsonb,
  after jsonb,
  CONSTRAINT audit_log_actor_bounds CHECK (char_length(actor) BETWEEN 1 AND 128),
  CONSTRAINT audit_log_request_id_bounds CHECK (char_length(request_id) BETWEEN 1 AND 128),
  CONSTRAINT audit_log_action_bounds CHECK (action IN ('Created', 'Updated', 'Deleted', 'Revoked', 'Imported')),
  CONSTRAINT audit_log_kind_bounds CHECK (kind IN ('User', 'Credential', 'Group', 'AclRule', 'ApiKey')),
  CONSTRAINT audit_log_name_bounds CHECK (octet_length(name) BETWEEN 1 AND 255)
);
CREATE INDEX audit_log_by_name ON audit_log (kind, name, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_request ON audit_log (request_id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Down Migration

DROP TABLE audit_log;
DROP FUNCTION refuse_audit_change;
