-- +goose Up
CREATE TABLE jobs_queue (
	kind     TEXT NOT NULL,
	key      TEXT NOT NULL,
	payload  BLOB NOT NULL,
	run_us   INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	holder   TEXT NOT NULL,
	added_us INTEGER NOT NULL,
	error    TEXT NOT NULL,
	PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX jobs_queue_run ON jobs_queue (run_us);
