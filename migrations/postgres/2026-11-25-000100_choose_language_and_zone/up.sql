-- How a user reads pages: a language tag, and the name of a time zone; none of them means what the browser says.
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN time_zone TEXT;
