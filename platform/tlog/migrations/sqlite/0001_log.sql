-- +goose Up
CREATE TABLE tlog_pending (
	id   TEXT PRIMARY KEY,
	leaf BLOB NOT NULL,
	mac  BLOB NOT NULL
) STRICT;
CREATE TABLE tlog_refused (
	id    TEXT NOT NULL,
	leaf  BLOB NOT NULL,
	mac   BLOB NOT NULL,
	why   TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	PRIMARY KEY (id, at_us)
) STRICT;
CREATE TABLE tlog_leaves (
	idx  INTEGER PRIMARY KEY,
	id   TEXT NOT NULL UNIQUE,
	leaf BLOB NOT NULL
) STRICT;
CREATE TABLE tlog_hashes (
	level INTEGER NOT NULL,
	idx   INTEGER NOT NULL,
	hash  BLOB NOT NULL,
	PRIMARY KEY (level, idx)
) STRICT;
CREATE TABLE tlog_checkpoints (
	size  INTEGER PRIMARY KEY,
	note  TEXT NOT NULL,
	at_us INTEGER NOT NULL
) STRICT;
CREATE TABLE tlog_lease (
	id       INTEGER PRIMARY KEY,
	holder   TEXT NOT NULL,
	until_us INTEGER NOT NULL
) STRICT;
INSERT INTO tlog_lease (id, holder, until_us) VALUES (1, '', 0);
