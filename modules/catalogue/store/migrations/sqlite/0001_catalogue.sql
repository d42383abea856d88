-- +goose Up
CREATE TABLE catalogue_versions (
	service      TEXT NOT NULL,
	version      INTEGER NOT NULL CHECK (version > 0),
	from_day     TEXT NOT NULL,
	hash         TEXT NOT NULL,
	source       BLOB NOT NULL,
	actor        TEXT NOT NULL,
	published_us INTEGER NOT NULL,
	PRIMARY KEY (service, version)
) STRICT;

CREATE TABLE catalogue_calendars (
	name         TEXT NOT NULL,
	seq          INTEGER NOT NULL CHECK (seq > 0),
	hash         TEXT NOT NULL,
	source       BLOB NOT NULL,
	actor        TEXT NOT NULL,
	published_us INTEGER NOT NULL,
	PRIMARY KEY (name, seq)
) STRICT;
