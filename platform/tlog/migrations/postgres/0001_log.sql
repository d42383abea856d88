-- +goose Up
CREATE TABLE tlog_pending (
	id   TEXT PRIMARY KEY,
	leaf BYTEA NOT NULL,
	mac  BYTEA NOT NULL
);
CREATE TABLE tlog_refused (
	id    TEXT NOT NULL,
	leaf  BYTEA NOT NULL,
	mac   BYTEA NOT NULL,
	why   TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (id, at_us)
);
CREATE TABLE tlog_leaves (
	idx  BIGINT PRIMARY KEY,
	id   TEXT NOT NULL UNIQUE,
	leaf BYTEA NOT NULL
);
CREATE TABLE tlog_hashes (
	level BIGINT NOT NULL,
	idx   BIGINT NOT NULL,
	hash  BYTEA NOT NULL,
	PRIMARY KEY (level, idx)
);
CREATE TABLE tlog_checkpoints (
	size  BIGINT PRIMARY KEY,
	note  TEXT NOT NULL,
	at_us BIGINT NOT NULL
);
CREATE TABLE tlog_lease (
	id       BIGINT PRIMARY KEY,
	holder   TEXT NOT NULL,
	until_us BIGINT NOT NULL
);
INSERT INTO tlog_lease (id, holder, until_us) VALUES (1, '', 0);
