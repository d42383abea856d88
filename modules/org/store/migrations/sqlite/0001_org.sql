-- +goose Up
CREATE TABLE org_departments (
	id           TEXT NOT NULL PRIMARY KEY,
	name         TEXT NOT NULL,
	email        TEXT NOT NULL,
	phone        TEXT NOT NULL,
	address      TEXT NOT NULL,
	created_us   INTEGER NOT NULL
) STRICT;

CREATE TABLE org_officers (
	person_id     TEXT NOT NULL,
	department_id TEXT NOT NULL,
	roles         TEXT NOT NULL,
	name_sealed   BLOB NOT NULL,
	subject       TEXT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	added_us      INTEGER NOT NULL,
	PRIMARY KEY (person_id, department_id)
) STRICT;
CREATE INDEX org_officers_department ON org_officers (department_id, added_us, person_id);

CREATE TABLE org_subjects (
	person_id     TEXT NOT NULL,
	department_id TEXT NOT NULL,
	subject       TEXT NOT NULL,
	created_us    INTEGER NOT NULL,
	PRIMARY KEY (person_id, department_id)
) STRICT;
CREATE UNIQUE INDEX org_subjects_subject ON org_subjects (department_id, subject);

CREATE TABLE org_clients (
	id            TEXT NOT NULL PRIMARY KEY,
	department_id TEXT NOT NULL,
	name          TEXT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	created_us    INTEGER NOT NULL,
	revoked_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX org_clients_department ON org_clients (department_id, created_us, id);

CREATE TABLE org_keys (
	id            TEXT NOT NULL PRIMARY KEY,
	client_id     TEXT NOT NULL,
	department_id TEXT NOT NULL,
	public        BLOB NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	added_us      INTEGER NOT NULL,
	until_us      INTEGER NOT NULL,
	revoked_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX org_keys_client ON org_keys (client_id, added_us, id);
CREATE INDEX org_keys_department ON org_keys (department_id, added_us, id);

CREATE TABLE org_nonces (
	key_id   TEXT NOT NULL,
	nonce    TEXT NOT NULL,
	until_us INTEGER NOT NULL,
	PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX org_nonces_until ON org_nonces (until_us);
