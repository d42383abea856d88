-- +goose Up
CREATE TABLE payment_orders (
	person_id      TEXT NOT NULL,
	id             TEXT NOT NULL,
	payee          TEXT NOT NULL,
	subject        TEXT NOT NULL,
	reference      TEXT NOT NULL,
	description    TEXT NOT NULL,
	currency       TEXT NOT NULL,
	minor          BIGINT NOT NULL CHECK (minor > 0),
	open_key       TEXT NOT NULL,
	return_path    TEXT NOT NULL,
	state          TEXT NOT NULL,
	closed         BIGINT NOT NULL,
	paid_by        BIGINT NOT NULL,
	opened_us      BIGINT NOT NULL,
	settled_us     BIGINT NOT NULL,
	refunded_us    BIGINT NOT NULL,
	actor          TEXT NOT NULL,
	role           TEXT NOT NULL,
	channel        TEXT NOT NULL,
	PRIMARY KEY (person_id, id)
);
CREATE UNIQUE INDEX payment_orders_id ON payment_orders (id);
CREATE UNIQUE INDEX payment_orders_key ON payment_orders (person_id, open_key);

CREATE TABLE payment_attempts (
	person_id  TEXT NOT NULL,
	order_id   TEXT NOT NULL,
	n          BIGINT NOT NULL,
	session    TEXT NOT NULL,
	url        TEXT NOT NULL,
	progress   TEXT NOT NULL,
	started_us BIGINT NOT NULL,
	due_us     BIGINT,
	tries      BIGINT NOT NULL,
	refund_key TEXT NOT NULL,
	refund_why TEXT NOT NULL,
	PRIMARY KEY (person_id, order_id, n)
);
CREATE INDEX payment_attempts_due ON payment_attempts (due_us) WHERE due_us IS NOT NULL;

CREATE TABLE payment_events (
	person_id   TEXT NOT NULL,
	provider    TEXT NOT NULL,
	event_id    TEXT NOT NULL,
	order_id    TEXT NOT NULL,
	status      TEXT NOT NULL,
	received_us BIGINT NOT NULL,
	PRIMARY KEY (person_id, provider, event_id)
);

CREATE TABLE payment_postings (
	person_id      TEXT NOT NULL,
	order_id       TEXT NOT NULL,
	transaction_id TEXT NOT NULL,
	account        TEXT NOT NULL,
	currency       TEXT NOT NULL,
	minor          BIGINT NOT NULL,
	posted_us      BIGINT NOT NULL,
	PRIMARY KEY (person_id, order_id, transaction_id, account)
);
