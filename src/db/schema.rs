// @generated automatically by Diesel CLI.

diesel::table! {
    api_keys (id) {
        id -> Int8,
        client_id -> Text,
        user_id -> Int8,
        secret_digest -> Nullable<Bytea>,
        name -> Nullable<Text>,
        nonce -> Text,
        lifetime_days -> Int4,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        last_used_address -> Nullable<Text>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Int8,
        writer_id -> Int8,
        sequence -> Int8,
        occurred_at -> Int8,
        user_id -> Nullable<Int8>,
        api_key_id -> Nullable<Int8>,
        actor_id -> Nullable<Int8>,
        action -> Text,
        reason -> Nullable<Text>,
        is_use -> Bool,
        method -> Nullable<Text>,
        path -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        detail -> Nullable<Text>,
        digest -> Bytea,
    }
}

diesel::table! {
    audit_heads (writer_id) {
        writer_id -> Int8,
        sequence -> Int8,
        digest -> Bytea,
        pruned_through -> Int8,
        pruned_digest -> Nullable<Bytea>,
        signed_at -> Timestamp,
        signature -> Bytea,
    }
}

diesel::table! {
    audit_keys (public_key) {
        public_key -> Bytea,
        sealed_private_key -> Bytea,
    }
}

diesel::table! {
    audit_writers (id) {
        id -> Int8,
        started_at -> Timestamp,
        genesis -> Bytea,
        pruned_through -> Int8,
        pruned_digest -> Nullable<Bytea>,
    }
}

diesel::table! {
    daily_uses (day, api_key_id, writer_id) {
        day -> Int4,
        api_key_id -> Int8,
        writer_id -> Int8,
        allowed -> Int8,
        refused -> Int8,
    }
}

diesel::table! {
    failed_attempts (bucket) {
        bucket -> Text,
        failures -> Int4,
        window_ends_at -> Timestamp,
    }
}

diesel::table! {
    revoked_tokens (token_id) {
        token_id -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    role_permissions (role_id, permission) {
        role_id -> Int8,
        permission -> Text,
    }
}

diesel::table! {
    roles (id) {
        id -> Int8,
        name -> Text,
        description -> Text,
        built_in -> Bool,
        version -> Int4,
    }
}

diesel::table! {
    sessions (key_digest) {
        key_digest -> Bytea,
        user_id -> Int8,
        handle -> Text,
        state -> Text,
        began_at -> Timestamp,
        last_used_at -> Timestamp,
        address -> Text,
        user_agent -> Nullable<Text>,
        idle_expires_at -> Timestamp,
        absolute_expires_at -> Timestamp,
    }
}

diesel::table! {
    signing_keys (key_id) {
        key_id -> Text,
        sealed_private_key -> Bytea,
        created_at -> Timestamp,
        signs_from -> Timestamp,
        verifies_until -> Nullable<Timestamp>,
        longest_token_seconds -> Int8,
    }
}

diesel::table! {
    user_roles (user_id, role_id) {
        user_id -> Int8,
        role_id -> Int8,
    }
}

diesel::table! {
    user_words (word, user_id) {
        word -> Text,
        user_id -> Int8,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
        subject -> Text,
        username -> Text,
        display_name -> Text,
        email -> Nullable<Text>,
        password_hash -> Text,
        password_must_change -> Bool,
        disabled_at -> Nullable<Timestamp>,
        session_epoch -> Int4,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_sign_in_at -> Nullable<Timestamp>,
        version -> Int4,
        password_nonce -> Nullable<Text>,
        language -> Nullable<Text>,
        time_zone -> Nullable<Text>,
    }
}

diesel::joinable!(api_keys -> users (user_id));
diesel::joinable!(role_permissions -> roles (role_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(user_roles -> roles (role_id));
diesel::joinable!(user_roles -> users (user_id));
diesel::joinable!(user_words -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    audit_events,
    audit_heads,
    audit_keys,
    audit_writers,
    daily_uses,
    failed_attempts,
    revoked_tokens,
    role_permissions,
    roles,
    sessions,
    signing_keys,
    user_roles,
    user_words,
    users,
);
