-- +goose Up
-- Ids follow time, so that an index on them puts all new orders on one page, and
-- serializable units on a page conflict. Reversed, they lie apart; and who knows
-- the person reads by the primary key.
DROP INDEX payment_orders_id;
CREATE UNIQUE INDEX payment_orders_by_id ON payment_orders (reverse(id));
