DROP TABLE daily_uses;
DROP TABLE audit_events;
DROP TABLE audit_writers;
