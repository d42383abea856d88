-- +goose Up
CREATE TABLE consent_records (
	person_id  TEXT NOT NULL,
	id         TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind IN ('given', 'withdrawn', 'used')),
	recipient  TEXT NOT NULL,
	service    TEXT NOT NULL,
	case_id    TEXT NOT NULL,
	items      TEXT NOT NULL,
	keep       TEXT NOT NULL,
	at_us      BIGINT NOT NULL,
	until_us   BIGINT NOT NULL,
	previous   TEXT,
	subject    TEXT NOT NULL,
	actor      TEXT NOT NULL,
	channel    TEXT NOT NULL,
	jws        TEXT NOT NULL,
	PRIMARY KEY (person_id, id)
);
CREATE UNIQUE INDEX consent_records_previous ON consent_records (person_id, previous);
CREATE INDEX consent_records_at ON consent_records (person_id, at_us, id);
