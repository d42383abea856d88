-- +goose Up
CREATE TABLE casework_cases (
	person_id    text NOT NULL,
	id           text NOT NULL UNIQUE,
	reference    text NOT NULL UNIQUE,
	service      text NOT NULL,
	version      bigint NOT NULL,
	state        text NOT NULL,
	rev          bigint NOT NULL,
	grant_id     text NOT NULL,
	asking_us    bigint NOT NULL,
	today        text NOT NULL,
	currency     text NOT NULL,
	fee          bigint NOT NULL,
	order_id     text NOT NULL,
	paid         bigint NOT NULL,
	step         bigint NOT NULL,
	step_name    text NOT NULL,
	department   text NOT NULL,
	role         text NOT NULL,
	due          text NOT NULL,
	days_left    bigint NOT NULL,
	late         bigint NOT NULL,
	waiting      bigint NOT NULL,
	claimed_by   text NOT NULL,
	claimed_us   bigint NOT NULL,
	reason       text NOT NULL,
	opened_us    bigint NOT NULL,
	changed_us   bigint NOT NULL,
	submitted_us bigint NOT NULL,
	ended_us     bigint NOT NULL,
	keep_us      bigint NOT NULL,
	purged       bigint NOT NULL,
	file         bytea,
	PRIMARY KEY (person_id, id)
);
CREATE INDEX casework_cases_queue ON casework_cases (department, state, due, id);
CREATE INDEX casework_cases_idle ON casework_cases (state, changed_us);
CREATE INDEX casework_cases_person ON casework_cases (person_id, state, service);
CREATE INDEX casework_cases_keep ON casework_cases (purged, keep_us);

CREATE TABLE casework_events (
	person_id text NOT NULL,
	case_id   text NOT NULL,
	seq       bigint NOT NULL,
	at_us     bigint NOT NULL,
	what      text NOT NULL,
	subject   text NOT NULL,
	actor     text NOT NULL,
	role      text NOT NULL,
	channel   text NOT NULL,
	detail    text NOT NULL,
	note      bytea,
	PRIMARY KEY (person_id, case_id, seq)
);

CREATE TABLE casework_effects (
	person_id  text NOT NULL,
	case_id    text NOT NULL,
	key        text NOT NULL,
	ordinal    bigint NOT NULL,
	kind       text NOT NULL,
	state      text NOT NULL,
	attempts   bigint NOT NULL,
	result     text NOT NULL,
	changed_us bigint NOT NULL,
	PRIMARY KEY (person_id, case_id, key)
);

CREATE TABLE casework_looks (
	person_id text NOT NULL,
	case_id   text NOT NULL,
	officer   text NOT NULL,
	at_us     bigint NOT NULL,
	PRIMARY KEY (person_id, case_id, officer)
);
