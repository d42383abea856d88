-- +goose Up
CREATE TABLE activity_entries (
	person_id TEXT COLLATE "C" NOT NULL,
	id        TEXT COLLATE "C" NOT NULL,
	at_us     BIGINT NOT NULL,
	org_id    TEXT NOT NULL,
	subject   TEXT NOT NULL,
	actor     TEXT NOT NULL,
	role      TEXT NOT NULL,
	channel   TEXT NOT NULL,
	what      TEXT NOT NULL,
	grant_id  TEXT NOT NULL,
	case_id   TEXT NOT NULL,
	salt      BYTEA NOT NULL,
	sealed    BYTEA NOT NULL,
	body_hash BYTEA NOT NULL,
	PRIMARY KEY (person_id, id)
);
CREATE INDEX activity_entries_org ON activity_entries (org_id, id) WHERE person_id = '';
CREATE TABLE activity_tombstones (
	id       TEXT COLLATE "C" PRIMARY KEY,
	at_us    BIGINT NOT NULL,
	salt     BYTEA NOT NULL,
	entries  BIGINT NOT NULL,
	ids_hash BYTEA NOT NULL
);
CREATE TABLE activity_erased (
	tombstone_id TEXT COLLATE "C" NOT NULL,
	id           TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (tombstone_id, id)
);
