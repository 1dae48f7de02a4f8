DROP INDEX api_keys_user_id_expires_at;
DROP INDEX api_keys_created_at;
DROP INDEX api_keys_expires_at;
DROP INDEX daily_uses_api_key_id;
