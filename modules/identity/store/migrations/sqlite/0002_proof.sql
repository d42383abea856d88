-- +goose Up
-- When a passkey was last used in a session.
ALTER TABLE identity_sessions ADD COLUMN proved_us INTEGER NOT NULL DEFAULT 0;
