-- +goose Up
CREATE TABLE notice_messages (
	person_id TEXT NOT NULL,
	id        TEXT NOT NULL,
	kind      TEXT NOT NULL,
	args      BLOB NOT NULL,
	link      TEXT NOT NULL,
	sent_us   INTEGER NOT NULL,
	read_us   INTEGER NOT NULL,
	mailed_us INTEGER NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_messages_unread ON notice_messages (person_id) WHERE read_us = 0;

CREATE TABLE notice_preferences (
	person_id  TEXT NOT NULL PRIMARY KEY,
	mail       INTEGER NOT NULL,
	changed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
