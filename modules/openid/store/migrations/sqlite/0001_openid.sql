-- +goose Up
CREATE TABLE openid_burned (
	key      BLOB NOT NULL PRIMARY KEY,
	until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX openid_burned_until ON openid_burned (until_us);

CREATE TABLE openid_requests (
	id         TEXT NOT NULL PRIMARY KEY,
	ref_hash   BLOB NOT NULL,
	client_id  TEXT NOT NULL,
	params     TEXT NOT NULL,
	jkt        TEXT NOT NULL,
	browser    BLOB NOT NULL,
	created_us INTEGER NOT NULL,
	until_us   INTEGER NOT NULL,
	opened_us  INTEGER NOT NULL,
	closed_us  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX openid_requests_ref ON openid_requests (ref_hash);
CREATE INDEX openid_requests_until ON openid_requests (until_us);

CREATE TABLE openid_grants (
	person_id     TEXT NOT NULL,
	id            TEXT NOT NULL,
	client_id     TEXT NOT NULL,
	department_id TEXT NOT NULL,
	subject       TEXT NOT NULL,
	details       TEXT NOT NULL,
	consent_id    TEXT NOT NULL,
	created_us    INTEGER NOT NULL,
	changed_us    INTEGER NOT NULL,
	used_us       INTEGER NOT NULL,
	signed_in_us  INTEGER NOT NULL,
	revoked_us    INTEGER NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT;
CREATE UNIQUE INDEX openid_grants_id ON openid_grants (id);
CREATE INDEX openid_grants_client ON openid_grants (person_id, client_id, created_us);

CREATE TABLE openid_authorizations (
	person_id   TEXT NOT NULL,
	id          TEXT NOT NULL,
	code_hash   BLOB NOT NULL,
	session_id  TEXT NOT NULL,
	client_id   TEXT NOT NULL,
	grant_id    TEXT NOT NULL,
	scopes      TEXT NOT NULL,
	details     TEXT NOT NULL,
	redirect    TEXT NOT NULL,
	challenge   TEXT NOT NULL,
	nonce       TEXT NOT NULL,
	jkt         TEXT NOT NULL,
	acr         TEXT NOT NULL,
	auth_us     INTEGER NOT NULL,
	created_us  INTEGER NOT NULL,
	until_us    INTEGER NOT NULL,
	redeemed_us INTEGER NOT NULL,
	revoked_us  INTEGER NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT;
CREATE UNIQUE INDEX openid_authorizations_code ON openid_authorizations (code_hash);
CREATE INDEX openid_authorizations_until ON openid_authorizations (until_us);

CREATE TABLE openid_tokens (
	hash             BLOB NOT NULL PRIMARY KEY,
	kind             TEXT NOT NULL,
	client_id        TEXT NOT NULL,
	department_id    TEXT NOT NULL,
	audience_id      TEXT NOT NULL,
	person_id        TEXT NOT NULL,
	authorization_id TEXT NOT NULL,
	grant_id         TEXT NOT NULL,
	scopes           TEXT NOT NULL,
	jkt              TEXT NOT NULL,
	x5t              TEXT NOT NULL,
	created_us       INTEGER NOT NULL,
	until_us         INTEGER NOT NULL,
	used_us          INTEGER NOT NULL,
	revoked_us       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX openid_tokens_until ON openid_tokens (until_us);
