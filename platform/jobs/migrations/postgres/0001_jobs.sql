-- +goose Up
CREATE TABLE jobs_queue (
	kind     text NOT NULL,
	key      text NOT NULL,
	payload  bytea NOT NULL,
	run_us   bigint NOT NULL,
	attempts bigint NOT NULL,
	holder   text NOT NULL,
	added_us bigint NOT NULL,
	error    text NOT NULL,
	PRIMARY KEY (kind, key)
);
CREATE INDEX jobs_queue_run ON jobs_queue (run_us);
