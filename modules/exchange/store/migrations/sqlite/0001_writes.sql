-- +goose Up
CREATE TABLE exchange_writes (
  person_id  TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  undo       INTEGER NOT NULL,
  class      TEXT    NOT NULL,
  recipient  TEXT    NOT NULL,
  case_id    TEXT    NOT NULL,
  party      TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  channel    TEXT    NOT NULL,
  sealed     BLOB    NOT NULL,
  state      TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  reference  TEXT    NOT NULL,
  created_us INTEGER NOT NULL,
  settled_us INTEGER NOT NULL,
  PRIMARY KEY (person_id, key, undo)
) STRICT;
CREATE INDEX exchange_writes_pending ON exchange_writes (class) WHERE state = 'pending';
CREATE INDEX exchange_writes_settled ON exchange_writes (settled_us);
