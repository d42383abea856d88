-- +goose Up
CREATE TABLE keys_persons (
	person_id    text PRIMARY KEY,
	wrapped      bytea,
	forgotten_us bigint
);
CREATE TABLE keys_signers (
	name       text NOT NULL,
	kid        text NOT NULL,
	alg        text NOT NULL,
	public     bytea NOT NULL,
	wrapped    bytea NOT NULL,
	created_us bigint NOT NULL,
	retired_us bigint,
	PRIMARY KEY (name, kid)
);
CREATE UNIQUE INDEX keys_signers_active ON keys_signers (name) WHERE retired_us IS NULL;
