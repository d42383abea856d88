-- +goose Up
CREATE TABLE keys_persons (
	person_id    TEXT PRIMARY KEY,
	wrapped      BLOB,
	forgotten_us INTEGER
) STRICT;
CREATE TABLE keys_signers (
	name       TEXT NOT NULL,
	kid        TEXT NOT NULL,
	alg        TEXT NOT NULL,
	public     BLOB NOT NULL,
	wrapped    BLOB NOT NULL,
	created_us INTEGER NOT NULL,
	retired_us INTEGER,
	PRIMARY KEY (name, kid)
) STRICT;
CREATE UNIQUE INDEX keys_signers_active ON keys_signers (name) WHERE retired_us IS NULL;
