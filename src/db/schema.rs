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
        occurred_at -> Timestamp,
        user_id -> Nullable<Int8>,
        client_id -> Nullable<Text>,
        action -> Text,
        outcome -> Text,
        reason -> Nullable<Text>,
        method -> Nullable<Text>,
        path -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
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
    }
}

diesel::table! {
    sessions (key_digest) {
        key_digest -> Bytea,
        user_id -> Int8,
        state -> Text,
        idle_expires_at -> Timestamp,
        absolute_expires_at -> Timestamp,
    }
}

diesel::table! {
    signing_keys (key_id) {
        key_id -> Text,
        sealed_private_key -> Bytea,
        created_at -> Timestamp,
    }
}

diesel::table! {
    user_roles (user_id, role_id) {
        user_id -> Int8,
        role_id -> Int8,
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
    }
}

diesel::joinable!(api_keys -> users (user_id));
diesel::joinable!(audit_events -> users (user_id));
diesel::joinable!(role_permissions -> roles (role_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(user_roles -> roles (role_id));
diesel::joinable!(user_roles -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    audit_events,
    failed_attempts,
    role_permissions,
    roles,
    sessions,
    signing_keys,
    user_roles,
    users,
);
