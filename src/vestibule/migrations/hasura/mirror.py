"""Functions and triggers that copy each user of the default project into Nhost's own table `auth.users`.

Deferred triggers run when our transaction commits: its changes and the copy become visible together, or neither does,
whichever statement made them; and triggers of an application on `auth.users` see a user with the address. They act
with the rights of who created them, so that the server itself needs none in the schema `auth`. `public` is on their
search path for those triggers, which name their tables as they did when Nhost Auth wrote; ours name every schema.

What Nhost's table cannot hold must not keep anybody out: an address that its domain refuses, or that a user has who
was never ours, is left out of the copy, and so are metadata that are no jsonb, and the region of a locale.
"""

from typing import Final

_COLUMNS: Final = (
    *("last_seen", "disabled", "display_name", "avatar_url", "locale", "email", "phone_number", "email_verified"),
    *("phone_number_verified", "default_role", "is_anonymous", "active_mfa_type", "metadata"),
)
NEEDED: Final = frozenset({"id", "created_at", "updated_at", *_COLUMNS})

AS_JSONB: Final = """
CREATE OR REPLACE FUNCTION @own@.vestibule_jsonb(value json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
    RETURN value::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$
"""

_ADDRESS: Final = """
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_address(value text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN (value::@email@)::text;
EXCEPTION WHEN check_violation OR data_exception THEN
    RETURN NULL;
END $$
"""

# The lock comes first, and in a statement of its own: what is read after it is what the last to change it committed.
_USER: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_user(wanted uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person record;
    address text;
    phone text;
    wanted_roles text[];
BEGIN
    PERFORM 1 FROM @own@.vestibule_users AS u JOIN @own@.vestibule_projects AS p ON p.id = u.project_id
    WHERE u.id = wanted AND p.public_id = 'default' FOR NO KEY UPDATE OF u;
    SELECT u.*, c.email, c.verified_at INTO person
    FROM @own@.vestibule_users AS u
    JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
    LEFT JOIN @own@.vestibule_credentials AS c
        ON c.project_id = u.project_id AND c.user_id = u.id AND c.is_primary
    WHERE u.id = wanted;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    address := @own@.vestibule_mirror_address(person.email);
    phone := person.phone_number;
    wanted_roles := ARRAY(
        SELECT role FROM json_array_elements_text(person.roles) AS role UNION SELECT person.default_role
    );
    INSERT INTO auth.roles (role) SELECT unnest(wanted_roles) ON CONFLICT DO NOTHING;
    FOR attempt IN 1..2 LOOP
        BEGIN
            INSERT INTO auth.users AS a (id, created_at, updated_at, {", ".join(_COLUMNS)})
            VALUES (
                person.id, person.created_at, person.updated_at, person.last_seen_at, person.status <> 'active',
                person.display_name, person.avatar_url, split_part(person.locale, '-', 1)::@locale@,
                address::@email@, phone, address IS NOT NULL AND person.verified_at IS NOT NULL,
                phone IS NOT NULL AND person.phone_verified_at IS NOT NULL, person.default_role, person.is_anonymous,
                CASE WHEN person.mfa_type = 'totp' THEN 'totp' END, @own@.vestibule_jsonb(person.metadata)
            )
            ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
            WHERE ({", ".join(f"a.{name}" for name in _COLUMNS)})
                IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _COLUMNS)});
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            IF attempt = 2 THEN
                RAISE;
            END IF;
            -- Somebody of ours who has it no longer is copied in a turn of their own, later in this transaction.
            UPDATE auth.users AS a SET email = NULL
            WHERE lower(a.email::text) = lower(address) AND a.id <> wanted
                AND EXISTS (SELECT FROM @own@.vestibule_users AS u WHERE u.id = a.id);
            UPDATE auth.users AS a SET phone_number = NULL
            WHERE a.phone_number = phone AND a.id <> wanted
                AND EXISTS (SELECT FROM @own@.vestibule_users AS u WHERE u.id = a.id);
            IF EXISTS (SELECT FROM auth.users AS a WHERE lower(a.email::text) = lower(address) AND a.id <> wanted) THEN
                address := NULL;
            END IF;
            IF EXISTS (SELECT FROM auth.users AS a WHERE a.phone_number = phone AND a.id <> wanted) THEN
                phone := NULL;
            END IF;
        END;
    END LOOP;
    DELETE FROM auth.user_roles AS r WHERE r.user_id = wanted AND r.role <> ALL (wanted_roles);
    INSERT INTO auth.user_roles (user_id, role) SELECT wanted, unnest(wanted_roles) ON CONFLICT DO NOTHING;
END $$
"""

_OF_USER: Final = """
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_of_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM auth.users AS a USING @own@.vestibule_projects AS p
        WHERE a.id = OLD.id AND p.id = OLD.project_id AND p.public_id = 'default';
    ELSE
        PERFORM @own@.vestibule_mirror_user(NEW.id);
    END IF;
    RETURN NULL;
END $$
"""

_OF_CREDENTIAL: Final = """
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_of_credential() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM @own@.vestibule_mirror_user(OLD.user_id);
    END IF;
    IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.user_id <> OLD.user_id) THEN
        PERFORM @own@.vestibule_mirror_user(NEW.user_id);
    END IF;
    RETURN NULL;
END $$
"""

_TRIGGERS: Final = (
    """
    CREATE CONSTRAINT TRIGGER vestibule_mirror AFTER INSERT OR UPDATE OR DELETE ON @own@.vestibule_users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @own@.vestibule_mirror_of_user()
    """,
    """
    CREATE CONSTRAINT TRIGGER vestibule_mirror
    AFTER INSERT OR UPDATE OF user_id, email, verified_at, is_primary OR DELETE ON @own@.vestibule_credentials
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @own@.vestibule_mirror_of_credential()
    """,
)

_FUNCTIONS: Final = (
    "vestibule_mirror_of_user()",
    "vestibule_mirror_of_credential()",
    "vestibule_mirror_user(uuid)",
    "vestibule_mirror_address(text)",
)

REMOVE: Final = (
    "DROP TRIGGER IF EXISTS vestibule_mirror ON @own@.vestibule_users",
    "DROP TRIGGER IF EXISTS vestibule_mirror ON @own@.vestibule_credentials",
    *(f"DROP FUNCTION IF EXISTS @own@.{function}" for function in _FUNCTIONS),
)

# Nobody calls these but the triggers: with the rights of their creator they would answer who asks.
_GUARD: Final = tuple(f"REVOKE ALL ON FUNCTION @own@.{function} FROM PUBLIC" for function in _FUNCTIONS)

CREATE: Final = (*REMOVE, AS_JSONB, _ADDRESS, _USER, _OF_USER, _OF_CREDENTIAL, *_TRIGGERS, *_GUARD)

# Copies the next users after $1, in the order of their ids; answers the last one's id and how many there were.
COPY: Final = """
WITH next AS MATERIALIZED (
    SELECT u.id FROM @own@.vestibule_users AS u
    JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
    WHERE u.id > $1 ORDER BY u.id LIMIT 1000
), copied AS MATERIALIZED (SELECT id, @own@.vestibule_mirror_user(id) FROM next)
SELECT (SELECT id FROM copied ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM copied)
"""

STRANGERS: Final = """
SELECT count(*) FROM auth.users AS a WHERE NOT EXISTS (
    SELECT FROM @own@.vestibule_users AS u
    JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
    WHERE u.id = a.id
)
"""
