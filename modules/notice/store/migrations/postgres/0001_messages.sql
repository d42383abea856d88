-- +goose Up
CREATE TABLE notice_messages (
	person_id TEXT NOT NULL,
	id        TEXT NOT NULL,
	kind      TEXT NOT NULL,
	args      BYTEA NOT NULL,
	link      TEXT NOT NULL,
	sent_us   BIGINT NOT NULL,
	read_us   BIGINT NOT NULL,
	mailed_us BIGINT NOT NULL,
	PRIMARY KEY (person_id, id)
);
CREATE INDEX notice_messages_unread ON notice_messages (person_id) WHERE read_us = 0;

CREATE TABLE notice_preferences (
	person_id  TEXT NOT NULL PRIMARY KEY,
	mail       BIGINT NOT NULL,
	changed_us BIGINT NOT NULL
);
