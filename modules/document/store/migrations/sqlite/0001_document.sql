-- +goose Up
CREATE TABLE document_files (
	person_id   TEXT NOT NULL,
	id          TEXT NOT NULL,
	case_id     TEXT NOT NULL,
	question    TEXT NOT NULL,
	sealed_name BLOB NOT NULL,
	kind        TEXT NOT NULL,
	size        INTEGER NOT NULL,
	blob        TEXT NOT NULL,
	uploaded_us INTEGER NOT NULL,
	actor       TEXT NOT NULL,
	role        TEXT NOT NULL,
	channel     TEXT NOT NULL,
	PRIMARY KEY (person_id, id)
) STRICT;
CREATE UNIQUE INDEX document_files_id ON document_files (id);
CREATE UNIQUE INDEX document_files_blob ON document_files (blob);
CREATE INDEX document_files_case ON document_files (case_id);

CREATE TABLE document_removals (
	person_id TEXT NOT NULL,
	blob      TEXT NOT NULL,
	PRIMARY KEY (person_id, blob)
) STRICT;
