DROP TABLE daily_uses;
DROP TABLE audit_events;
DROP TABLE audit_keys;
DROP TABLE audit_heads;
DROP TABLE audit_writers;
