-- +goose Up
CREATE TABLE casework_cases (
	person_id    TEXT NOT NULL,
	id           TEXT NOT NULL UNIQUE,
	reference    TEXT NOT NULL UNIQUE,
	service      TEXT NOT NULL,
	version      INTEGER NOT NULL,
	state        TEXT NOT NULL,
	rev          INTEGER NOT NULL,
	grant_id     TEXT NOT NULL,
	asking_us    INTEGER NOT NULL,
	today        TEXT NOT NULL,
	currency     TEXT NOT NULL,
	fee          INTEGER NOT NULL,
	order_id     TEXT NOT NULL,
	paid         INTEGER NOT NULL,
	step         INTEGER NOT NULL,
	step_name    TEXT NOT NULL,
	department   TEXT NOT NULL,
	role         TEXT NOT NULL,
	due          TEXT NOT NULL,
	days_left    INTEGER NOT NULL,
	late         INTEGER NOT NULL,
	waiting      INTEGER NOT NULL,
	claimed_by   TEXT NOT NULL,
	claimed_us   INTEGER NOT NULL,
	reason       TEXT NOT NULL,
	opened_us    INTEGER NOT NULL,
	changed_us   INTEGER NOT NULL,
	submitted_us INTEGER NOT NULL,
	ended_us     INTEGER NOT NULL,
	keep_us      INTEGER NOT NULL,
	purged       INTEGER NOT NULL,
	file         BLOB,
	PRIMARY KEY (person_id, id)
) STRICT;
CREATE INDEX casework_cases_queue ON casework_cases (department, state, due, id);
CREATE INDEX casework_cases_idle ON casework_cases (state, changed_us);
CREATE INDEX casework_cases_person ON casework_cases (person_id, state, service);
CREATE INDEX casework_cases_keep ON casework_cases (purged, keep_us);

CREATE TABLE casework_events (
	person_id TEXT NOT NULL,
	case_id   TEXT NOT NULL,
	seq       INTEGER NOT NULL,
	at_us     INTEGER NOT NULL,
	what      TEXT NOT NULL,
	subject   TEXT NOT NULL,
	actor     TEXT NOT NULL,
	role      TEXT NOT NULL,
	channel   TEXT NOT NULL,
	detail    TEXT NOT NULL,
	note      BLOB,
	PRIMARY KEY (person_id, case_id, seq)
) STRICT;

CREATE TABLE casework_effects (
	person_id  TEXT NOT NULL,
	case_id    TEXT NOT NULL,
	key        TEXT NOT NULL,
	ordinal    INTEGER NOT NULL,
	kind       TEXT NOT NULL,
	state      TEXT NOT NULL,
	attempts   INTEGER NOT NULL,
	result     TEXT NOT NULL,
	changed_us INTEGER NOT NULL,
	PRIMARY KEY (person_id, case_id, key)
) STRICT;

CREATE TABLE casework_looks (
	person_id TEXT NOT NULL,
	case_id   TEXT NOT NULL,
	officer   TEXT NOT NULL,
	at_us     INTEGER NOT NULL,
	PRIMARY KEY (person_id, case_id, officer)
) STRICT;
