-- +goose Up
CREATE TABLE credential_licences (
	person_id     text NOT NULL,
	id            text NOT NULL,
	type          text NOT NULL,
	department_id text NOT NULL,
	subject       text NOT NULL,
	actor         text NOT NULL,
	channel       text NOT NULL,
	case_id       text NOT NULL,
	effect_key    text NOT NULL,
	print_code    text NOT NULL,
	number_mac    bytea NOT NULL,
	number        bytea NOT NULL,
	label         text NOT NULL,
	from_day      text NOT NULL,
	until_day     text NOT NULL,
	issued_us     bigint NOT NULL,
	revoked_us    bigint NOT NULL,
	status_list   bigint NOT NULL,
	status_index  bigint NOT NULL,
	body          bytea NOT NULL,
	PRIMARY KEY (person_id, id)
);
CREATE UNIQUE INDEX credential_licences_key ON credential_licences (effect_key);
CREATE UNIQUE INDEX credential_licences_print ON credential_licences (print_code);
CREATE UNIQUE INDEX credential_licences_status ON credential_licences (status_list, status_index);
CREATE INDEX credential_licences_number ON credential_licences (department_id, number_mac);
CREATE INDEX credential_licences_revoked ON credential_licences (status_list, status_index) WHERE revoked_us > 0;

CREATE TABLE credential_lists (
	id        bigint PRIMARY KEY,
	opened_us bigint NOT NULL
);
INSERT INTO credential_lists (id, opened_us) VALUES (1, 0);

CREATE TABLE credential_presentations (
	hash       bytea PRIMARY KEY,
	person_id  text NOT NULL,
	licence_id text NOT NULL,
	expires_us bigint NOT NULL,
	sealed     bytea NOT NULL
);
CREATE INDEX credential_presentations_expires ON credential_presentations (expires_us);

CREATE TABLE credential_guesses (
	print_code text PRIMARY KEY,
	since_us   bigint NOT NULL,
	count      bigint NOT NULL
);

CREATE TABLE credential_requests (
	department_id text NOT NULL,
	id            text NOT NULL,
	person_id     text NOT NULL,
	licence_id    text NOT NULL,
	reason        bytea NOT NULL,
	actor         text NOT NULL,
	asked_us      bigint NOT NULL,
	state         text NOT NULL,
	decided_by    text NOT NULL,
	decided_us    bigint NOT NULL,
	PRIMARY KEY (department_id, id)
);
