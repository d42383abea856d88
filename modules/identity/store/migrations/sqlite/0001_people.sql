-- +goose Up
CREATE TABLE identity_people (
	person_id      TEXT PRIMARY KEY,
	number_mac     BLOB NOT NULL,
	number_sealed  BLOB NOT NULL,
	contact_sealed BLOB NOT NULL,
	lang           TEXT NOT NULL,
	assurance      INTEGER NOT NULL,
	actor          TEXT NOT NULL,
	channel        TEXT NOT NULL,
	created_us     INTEGER NOT NULL
) STRICT;

-- Which person has a number: alone in being looked up across people.
CREATE TABLE identity_numbers (
	number_mac BLOB PRIMARY KEY,
	person_id  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identity_codes (
	person_id     TEXT NOT NULL,
	code_id       TEXT NOT NULL,
	code_mac      BLOB NOT NULL,
	state         TEXT NOT NULL,
	attempts      INTEGER NOT NULL,
	document      TEXT NOT NULL,
	department    TEXT NOT NULL,
	subject       TEXT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	created_us    INTEGER NOT NULL,
	until_us      INTEGER NOT NULL,
	letter_sealed BLOB,
	PRIMARY KEY (person_id, code_id)
) STRICT;

CREATE INDEX identity_codes_mac ON identity_codes (code_mac);
CREATE INDEX identity_codes_actor ON identity_codes (actor, code_id);
CREATE INDEX identity_codes_letters ON identity_codes (created_us) WHERE letter_sealed IS NOT NULL;

CREATE TABLE identity_passkeys (
	person_id     TEXT NOT NULL,
	passkey_id    TEXT NOT NULL,
	credential_id BLOB NOT NULL,
	sealed        BLOB NOT NULL,
	assurance     INTEGER NOT NULL,
	synced        INTEGER NOT NULL,
	suspect       INTEGER NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	created_us    INTEGER NOT NULL,
	used_us       INTEGER NOT NULL,
	PRIMARY KEY (person_id, passkey_id)
) STRICT;

CREATE UNIQUE INDEX identity_passkeys_credential ON identity_passkeys (person_id, credential_id);

CREATE TABLE identity_sessions (
	person_id  TEXT NOT NULL,
	session_id TEXT NOT NULL,
	token_hash BLOB NOT NULL,
	passkey_id TEXT NOT NULL,
	assurance  INTEGER NOT NULL,
	role       TEXT NOT NULL,
	actor      TEXT NOT NULL,
	channel    TEXT NOT NULL,
	device     TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	seen_us    INTEGER NOT NULL,
	until_us   INTEGER NOT NULL,
	PRIMARY KEY (person_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_sessions_seen ON identity_sessions (seen_us);

CREATE TABLE identity_ceremonies (
	token_hash BLOB PRIMARY KEY,
	kind       TEXT NOT NULL,
	person_id  TEXT NOT NULL,
	state      BLOB NOT NULL,
	until_us   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_ceremonies_until ON identity_ceremonies (until_us);
