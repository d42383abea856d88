-- +goose Up
CREATE TABLE identity_people (
	person_id      TEXT PRIMARY KEY,
	number_mac     BYTEA NOT NULL,
	number_sealed  BYTEA NOT NULL,
	contact_sealed BYTEA NOT NULL,
	lang           TEXT NOT NULL,
	assurance      BIGINT NOT NULL,
	actor          TEXT NOT NULL,
	channel        TEXT NOT NULL,
	created_us     BIGINT NOT NULL
);

-- Which person has a number: alone in being looked up across people.
CREATE TABLE identity_numbers (
	number_mac BYTEA PRIMARY KEY,
	person_id  TEXT NOT NULL
);

CREATE TABLE identity_codes (
	person_id     TEXT NOT NULL,
	code_id       TEXT NOT NULL,
	code_mac      BYTEA NOT NULL,
	state         TEXT NOT NULL,
	attempts      BIGINT NOT NULL,
	document      TEXT NOT NULL,
	department    TEXT NOT NULL,
	subject       TEXT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	created_us    BIGINT NOT NULL,
	until_us      BIGINT NOT NULL,
	letter_sealed BYTEA,
	PRIMARY KEY (person_id, code_id)
);

CREATE INDEX identity_codes_mac ON identity_codes (code_mac);
CREATE INDEX identity_codes_actor ON identity_codes (actor, code_id);
CREATE INDEX identity_codes_letters ON identity_codes (created_us) WHERE letter_sealed IS NOT NULL;

CREATE TABLE identity_passkeys (
	person_id     TEXT NOT NULL,
	passkey_id    TEXT NOT NULL,
	credential_id BYTEA NOT NULL,
	sealed        BYTEA NOT NULL,
	assurance     BIGINT NOT NULL,
	synced        BIGINT NOT NULL,
	suspect       BIGINT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	created_us    BIGINT NOT NULL,
	used_us       BIGINT NOT NULL,
	PRIMARY KEY (person_id, passkey_id)
);

CREATE UNIQUE INDEX identity_passkeys_credential ON identity_passkeys (person_id, credential_id);

CREATE TABLE identity_sessions (
	person_id  TEXT NOT NULL,
	session_id TEXT NOT NULL,
	token_hash BYTEA NOT NULL,
	passkey_id TEXT NOT NULL,
	assurance  BIGINT NOT NULL,
	role       TEXT NOT NULL,
	actor      TEXT NOT NULL,
	channel    TEXT NOT NULL,
	device     TEXT NOT NULL,
	created_us BIGINT NOT NULL,
	seen_us    BIGINT NOT NULL,
	until_us   BIGINT NOT NULL,
	PRIMARY KEY (person_id, session_id)
);

CREATE INDEX identity_sessions_seen ON identity_sessions (seen_us);

CREATE TABLE identity_ceremonies (
	token_hash BYTEA PRIMARY KEY,
	kind       TEXT NOT NULL,
	person_id  TEXT NOT NULL,
	state      BYTEA NOT NULL,
	until_us   BIGINT NOT NULL
);

CREATE INDEX identity_ceremonies_until ON identity_ceremonies (until_us);
