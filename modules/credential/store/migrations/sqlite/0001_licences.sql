-- +goose Up
CREATE TABLE credential_licences (
	person_id     TEXT NOT NULL,
	id            TEXT NOT NULL,
	type          TEXT NOT NULL,
	department_id TEXT NOT NULL,
	subject       TEXT NOT NULL,
	actor         TEXT NOT NULL,
	channel       TEXT NOT NULL,
	case_id       TEXT NOT NULL,
	effect_key    TEXT NOT NULL,
	print_code    TEXT NOT NULL,
	number_mac    BLOB NOT NULL,
	number        BLOB NOT NULL,
	label         TEXT NOT NULL,
	from_day      TEXT NOT NULL,
	until_day     TEXT NOT NULL,
	issued_us     INTEGER NOT NULL,
	revoked_us    INTEGER NOT NULL,
	status_list   INTEGER NOT NULL,
	status_index  INTEGER NOT NULL,
	body          BLOB NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT;
CREATE UNIQUE INDEX credential_licences_key ON credential_licences (effect_key);
CREATE UNIQUE INDEX credential_licences_print ON credential_licences (print_code);
CREATE UNIQUE INDEX credential_licences_status ON credential_licences (status_list, status_index);
CREATE INDEX credential_licences_number ON credential_licences (department_id, number_mac);
CREATE INDEX credential_licences_revoked ON credential_licences (status_list, status_index) WHERE revoked_us > 0;

CREATE TABLE credential_lists (
	id        INTEGER PRIMARY KEY,
	opened_us INTEGER NOT NULL
) STRICT;
INSERT INTO credential_lists (id, opened_us) VALUES (1, 0);

CREATE TABLE credential_presentations (
	hash       BLOB PRIMARY KEY,
	person_id  TEXT NOT NULL,
	licence_id TEXT NOT NULL,
	expires_us INTEGER NOT NULL,
	sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX credential_presentations_expires ON credential_presentations (expires_us);

CREATE TABLE credential_guesses (
	print_code TEXT PRIMARY KEY,
	since_us   INTEGER NOT NULL,
	count      INTEGER NOT NULL
) STRICT;

CREATE TABLE credential_requests (
	department_id TEXT NOT NULL,
	id            TEXT NOT NULL,
	person_id     TEXT NOT NULL,
	licence_id    TEXT NOT NULL,
	reason        BLOB NOT NULL,
	actor         TEXT NOT NULL,
	asked_us      INTEGER NOT NULL,
	state         TEXT NOT NULL,
	decided_by    TEXT NOT NULL,
	decided_us    INTEGER NOT NULL,
	PRIMARY KEY (department_id, id)
) STRICT;
