-- +goose Up
CREATE TABLE activity_entries (
	person_id TEXT NOT NULL,
	id        TEXT NOT NULL,
	at_us     INTEGER NOT NULL,
	org_id    TEXT NOT NULL,
	subject   TEXT NOT NULL,
	actor     TEXT NOT NULL,
	role      TEXT NOT NULL,
	channel   TEXT NOT NULL,
	what      TEXT NOT NULL,
	grant_id  TEXT NOT NULL,
	case_id   TEXT NOT NULL,
	salt      BLOB NOT NULL,
	sealed    BLOB NOT NULL,
	body_hash BLOB NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_entries_org ON activity_entries (org_id, id) WHERE person_id = '';
CREATE TABLE activity_tombstones (
	id       TEXT PRIMARY KEY,
	at_us    INTEGER NOT NULL,
	salt     BLOB NOT NULL,
	entries  INTEGER NOT NULL,
	ids_hash BLOB NOT NULL
) STRICT;
CREATE TABLE activity_erased (
	tombstone_id TEXT NOT NULL,
	id           TEXT NOT NULL,
	PRIMARY KEY (tombstone_id, id)
) STRICT, WITHOUT ROWID;
