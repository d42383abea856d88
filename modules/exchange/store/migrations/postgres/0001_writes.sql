-- +goose Up
CREATE TABLE exchange_writes (
  person_id  TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  undo       BIGINT  NOT NULL,
  class      TEXT    NOT NULL,
  recipient  TEXT    NOT NULL,
  case_id    TEXT    NOT NULL,
  party      TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  channel    TEXT    NOT NULL,
  sealed     BYTEA   NOT NULL,
  state      TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  reference  TEXT    NOT NULL,
  created_us BIGINT  NOT NULL,
  settled_us BIGINT  NOT NULL,
  PRIMARY KEY (person_id, key, undo)
);
CREATE INDEX exchange_writes_pending ON exchange_writes (class) WHERE state = 'pending';
CREATE INDEX exchange_writes_settled ON exchange_writes (settled_us);
