-- +goose Up
-- Ids follow time, so that an index on them puts all new cases on one page, and
-- serializable units on a page conflict. Reversed, they lie apart; and who knows
-- the person reads by the primary key.
ALTER TABLE casework_cases DROP CONSTRAINT casework_cases_id_key;
CREATE UNIQUE INDEX casework_cases_by_id ON casework_cases (reverse(id));
