-- Up Migration

-- Users whose published state may have changed. A row goes when a head that counts the change in is stored.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_name text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

-- Of each range's publisher: raised by whoever takes the range over.
CREATE TABLE publisher_epochs (
  range text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL,
  taken_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT publisher_epochs_range_bounds CHECK (range IN ('users', 'routing')),
  CONSTRAINT publisher_epochs_epoch_bounds CHECK (epoch BETWEEN 0 AND 9007199254740991)
);
INSERT INTO publisher_epochs (range, epoch) VALUES ('users', 0);

-- Down Migration

DROP TABLE publisher_epochs, outbox;
