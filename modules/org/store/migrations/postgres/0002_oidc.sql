-- +goose Up
CREATE TABLE org_oidc_clients (
	id               TEXT NOT NULL PRIMARY KEY,
	department_id    TEXT NOT NULL,
	name             TEXT NOT NULL,
	profile          TEXT NOT NULL,
	grants           TEXT NOT NULL,
	keys             TEXT NOT NULL,
	secret_hash      BYTEA NOT NULL,
	redirects        TEXT NOT NULL,
	logout_redirects TEXT NOT NULL,
	logout_uri       TEXT NOT NULL,
	actor            TEXT NOT NULL,
	channel          TEXT NOT NULL,
	created_us       BIGINT NOT NULL,
	changed_us       BIGINT NOT NULL,
	revoked_us       BIGINT NOT NULL
);
CREATE INDEX org_oidc_clients_department ON org_oidc_clients (department_id, created_us, id);
