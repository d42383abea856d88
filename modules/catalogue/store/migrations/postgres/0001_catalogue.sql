-- +goose Up
CREATE TABLE catalogue_versions (
	service      TEXT NOT NULL,
	version      BIGINT NOT NULL CHECK (version > 0),
	from_day     TEXT NOT NULL,
	hash         TEXT NOT NULL,
	source       BYTEA NOT NULL,
	actor        TEXT NOT NULL,
	published_us BIGINT NOT NULL,
	PRIMARY KEY (service, version)
);

CREATE TABLE catalogue_calendars (
	name         TEXT NOT NULL,
	seq          BIGINT NOT NULL CHECK (seq > 0),
	hash         TEXT NOT NULL,
	source       BYTEA NOT NULL,
	actor        TEXT NOT NULL,
	published_us BIGINT NOT NULL,
	PRIMARY KEY (name, seq)
);
