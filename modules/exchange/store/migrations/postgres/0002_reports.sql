-- +goose Up
CREATE TABLE exchange_reports (
  person_id   TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  department  TEXT    NOT NULL,
  party       TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  channel     TEXT    NOT NULL,
  class       TEXT    NOT NULL,
  field       TEXT    NOT NULL,
  case_id     TEXT    NOT NULL,
  state       TEXT    NOT NULL,
  sealed      BYTEA   NOT NULL,
  answered_by TEXT    NOT NULL,
  created_us  BIGINT  NOT NULL,
  answered_us BIGINT  NOT NULL,
  closed_us   BIGINT  NOT NULL,
  PRIMARY KEY (person_id, id)
);
CREATE INDEX exchange_reports_department ON exchange_reports (department, state, created_us);
CREATE INDEX exchange_reports_id ON exchange_reports (id);
