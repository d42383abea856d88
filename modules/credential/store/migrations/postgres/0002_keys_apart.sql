-- +goose Up
-- A key begins with the id of a case, which follows time, so that an index on it
-- puts all new licences on one page, and serializable units on a page conflict.
-- Reversed, they lie apart.
DROP INDEX credential_licences_key;
CREATE UNIQUE INDEX credential_licences_by_key ON credential_licences (reverse(effect_key));
