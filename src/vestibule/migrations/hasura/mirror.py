"""Functions and triggers that copy each user of the default project into Nhost's own table `auth.users`.

Deferred triggers run when our transaction commits: its changes and the copy become visible together, or neither does,
whichever statement made them; and triggers of an application on `auth.users` see a user with the address.

They act with the rights of who created them, so that the server itself needs none in the schema `auth`. Nothing that
somebody else may have put anywhere must be called with those rights: whatever computes has only `pg_catalog` on its
search path (and `pg_temp`, which PostgreSQL asks first for the names of types unless it stands last). `public` is there
while a statement writes to `auth`, for triggers of the application, which name their tables as they did when Nhost Auth
wrote; such a statement holds variables, and what little it calls has its schema written beside it (security 140).

A row is deleted only if `vestibule_mirrored` says that it is the copy of a user: whoever comes and goes within one
transaction was never copied, and a row with their id is somebody's of old.

What Nhost's table cannot hold must not keep anybody out: an address that its domain refuses, or that a user has who
was never ours, is left out of the copy, and so are metadata that are no jsonb, and the region of a locale.
"""

from collections.abc import Iterable
from typing import Final

from vestibule.migrations.hasura.casts import AS_ADDRESS, AS_JSONB
from vestibule.migrations.hasura.write_back import COPYING

_SHOWN: Final = (
    *("disabled", "display_name", "avatar_url", "locale", "email", "phone_number", "email_verified"),
    *("phone_number_verified", "default_role", "is_anonymous", "active_mfa_type", "metadata"),
)
_COLUMNS: Final = ("last_seen", *_SHOWN)
NEEDED: Final = frozenset({"id", "created_at", "updated_at", *_COLUMNS})

_OWN_PATH: Final = "pg_catalog, pg_temp"
_OPEN: Final = "PERFORM pg_catalog.set_config('search_path', 'pg_catalog, public, pg_temp', true)"
_CLOSE: Final = f"PERFORM pg_catalog.set_config('search_path', '{_OWN_PATH}', true)"

_MIRRORED: Final = """
CREATE TABLE IF NOT EXISTS @own@.vestibule_mirrored (
    project_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (project_id, user_id)
)
"""


def _of(row: str, columns: Iterable[str] = _COLUMNS) -> str:
    return ", ".join(f"{row}.{name}" for name in columns)


# Whoever writes the copy waits for our row, which is locked here: a sign-in that waited for the copy would make them
# give up. What they write is copied again when it is taken, and when they were last seen with it.
_LAST_SEEN: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_last_seen(wanted uuid, seen timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = {_OWN_PATH} AS $$
DECLARE
    outer_copy text := current_setting('{COPYING}', true);
BEGIN
    PERFORM 1 FROM auth.users AS a WHERE a.id = wanted FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('{COPYING}', pg_trigger_depth()::text, true);
        {_OPEN};
        UPDATE auth.users AS a SET last_seen = seen WHERE a.id OPERATOR(pg_catalog.=) wanted;
        {_CLOSE};
        PERFORM set_config('{COPYING}', coalesce(outer_copy, ''), true);
    END IF;
END $$
"""

# The lock comes first, and in a statement of its own: what is read after it is what the last to change it committed.
_USER: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_user(wanted uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_OWN_PATH} AS $$
DECLARE
    person record;
    ours auth.users%ROWTYPE;
    theirs auth.users%ROWTYPE;
    address text;
    phone text;
    wanted_roles text[];
    is_same boolean;
    is_seen_alike boolean;
    has_roles boolean;
    givers_of_address uuid[];
    givers_of_phone uuid[];
    outer_copy text;
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
    address := @own@.vestibule_mirror_address(person.email::text);
    phone := person.phone_number;
    wanted_roles := ARRAY(
        SELECT role FROM json_array_elements_text(person.roles) AS role UNION SELECT person.default_role
    );
    INSERT INTO @own@.vestibule_mirrored (project_id, user_id) VALUES (person.project_id, wanted)
    ON CONFLICT DO NOTHING;
    outer_copy := current_setting('{COPYING}', true);  -- of a copy whose trigger of the application led here
    FOR attempt IN 1..2 LOOP
        SELECT person.last_seen_at, person.status <> 'active', person.display_name, person.avatar_url,
            split_part(person.locale, '-', 1)::@locale@, address::@email@, phone,
            address IS NOT NULL AND person.verified_at IS NOT NULL,
            phone IS NOT NULL AND person.phone_verified_at IS NOT NULL, person.default_role, person.is_anonymous,
            CASE WHEN person.mfa_type = 'totp' THEN 'totp' END, @own@.vestibule_jsonb(person.metadata::json)
        INTO {_of("ours")};
        SELECT {_of("a")} INTO {_of("theirs")} FROM auth.users AS a WHERE a.id = wanted;
        is_same := FOUND AND ({_of("theirs", _SHOWN)}) IS NOT DISTINCT FROM ({_of("ours", _SHOWN)});
        is_seen_alike := theirs.last_seen IS NOT DISTINCT FROM ours.last_seen;
        has_roles := wanted_roles @> held.roles AND wanted_roles <@ held.roles
        FROM (SELECT ARRAY(SELECT r.role::text FROM auth.user_roles AS r WHERE r.user_id = wanted) AS roles) AS held;
        IF attempt = 1 AND is_same AND has_roles THEN
            IF NOT is_seen_alike THEN
                PERFORM @own@.vestibule_mirror_last_seen(wanted, ours.last_seen);
            END IF;
            RETURN;
        END IF;
        PERFORM set_config('{COPYING}', pg_trigger_depth()::text, true);
        BEGIN
            {_OPEN};
            INSERT INTO auth.roles (role) SELECT role FROM pg_catalog.unnest(wanted_roles) AS role
            ON CONFLICT DO NOTHING;
            IF NOT (is_same AND is_seen_alike) THEN
                INSERT INTO auth.users (id, created_at, updated_at, {", ".join(_COLUMNS)})
                VALUES (wanted, person.created_at, person.updated_at, {_of("ours")})
                ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)};
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation THEN  -- which has closed the search path again
            IF attempt = 2 THEN
                RAISE;
            END IF;
            -- Somebody of ours who has it no longer is copied in a turn of their own, later in this transaction.
            givers_of_address := ARRAY(
                SELECT a.id FROM auth.users AS a WHERE lower(a.email::text) = lower(address) AND a.id <> wanted
                INTERSECT SELECT u.id FROM @own@.vestibule_users AS u WHERE u.project_id = person.project_id
            );
            givers_of_phone := ARRAY(
                SELECT a.id FROM auth.users AS a WHERE a.phone_number = phone AND a.id <> wanted
                INTERSECT SELECT u.id FROM @own@.vestibule_users AS u WHERE u.project_id = person.project_id
            );
            {_OPEN};
            UPDATE auth.users AS a SET email = NULL WHERE a.id OPERATOR(pg_catalog.=) ANY (givers_of_address);
            UPDATE auth.users AS a SET phone_number = NULL WHERE a.id OPERATOR(pg_catalog.=) ANY (givers_of_phone);
            {_CLOSE};
            IF EXISTS (SELECT FROM auth.users AS a WHERE lower(a.email::text) = lower(address) AND a.id <> wanted) THEN
                address := NULL;
            END IF;
            IF EXISTS (SELECT FROM auth.users AS a WHERE a.phone_number = phone AND a.id <> wanted) THEN
                phone := NULL;
            END IF;
        END;
    END LOOP;
    DELETE FROM auth.user_roles AS r
    WHERE r.user_id OPERATOR(pg_catalog.=) wanted AND r.role OPERATOR(pg_catalog.<>) ALL (wanted_roles);
    INSERT INTO auth.user_roles (user_id, role) SELECT wanted, role FROM pg_catalog.unnest(wanted_roles) AS role
    ON CONFLICT DO NOTHING;
    {_CLOSE};
    PERFORM set_config('{COPYING}', coalesce(outer_copy, ''), true);
END $$
"""

_OF_USER: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_of_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_OWN_PATH} AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        PERFORM @own@.vestibule_mirror_user(NEW.id);
    ELSIF NOT EXISTS (
        SELECT FROM @own@.vestibule_users AS u WHERE u.project_id = OLD.project_id AND u.id = OLD.id
    ) THEN
        DELETE FROM @own@.vestibule_mirrored AS m WHERE m.project_id = OLD.project_id AND m.user_id = OLD.id;
        IF FOUND THEN
            {_OPEN};
            DELETE FROM auth.users AS a WHERE a.id OPERATOR(pg_catalog.=) OLD.id;
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

_OF_CREDENTIAL: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_mirror_of_credential() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_OWN_PATH} AS $$
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
    "vestibule_mirror_last_seen(uuid, timestamptz)",
    "vestibule_mirror_address(text)",
)

_REPLACED: Final = (
    "DROP TRIGGER IF EXISTS vestibule_mirror ON @own@.vestibule_users",
    "DROP TRIGGER IF EXISTS vestibule_mirror ON @own@.vestibule_credentials",
    *(f"DROP FUNCTION IF EXISTS @own@.{function}" for function in _FUNCTIONS),
)

REMOVE: Final = (*_REPLACED, "DROP TABLE IF EXISTS @own@.vestibule_mirrored")

# Whoever is in both tables is one person, and may go before their turn to be copied comes.
_KNOWN: Final = """
INSERT INTO @own@.vestibule_mirrored (project_id, user_id)
SELECT u.project_id, u.id FROM @own@.vestibule_users AS u
JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
JOIN auth.users AS a ON a.id = u.id
ON CONFLICT DO NOTHING
"""

CREATE: Final = (
    *_REPLACED,
    AS_JSONB,
    AS_ADDRESS,
    _MIRRORED,
    _LAST_SEEN,
    _USER,
    _OF_USER,
    _OF_CREDENTIAL,
    *_TRIGGERS,
    _KNOWN,
)

# Nobody calls the functions, of the mirror or of writing back, but our triggers: with the rights of their creator they
# would answer who asks. Default privileges may have given them to single roles too, who could make them triggers of
# tables of their own, and write there what they want to be so.
GUARD: Final = """
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT f.oid::regprocedure AS function, a.grantee
        FROM pg_proc AS f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS a
        WHERE f.pronamespace = to_regnamespace('@own@') AND a.grantee <> f.proowner
            AND f.proname ~ '^vestibule_(mirror|write_back)_'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', given.function,
            CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END);
    END LOOP;
END $$
"""

IS_THERE: Final = """
SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'vestibule_mirror' AND tgrelid = '@own@.vestibule_users'::regclass)
"""

# The users after $1, in the order of their ids.
NEXT: Final = """
SELECT u.id FROM @own@.vestibule_users AS u
JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
WHERE u.id > $1 ORDER BY u.id LIMIT 1000
"""

COPY: Final = "SELECT @own@.vestibule_mirror_user(id) FROM unnest($1::uuid[]) AS id"

STRANGERS: Final = """
SELECT count(*) FROM auth.users AS a WHERE NOT EXISTS (
    SELECT FROM @own@.vestibule_users AS u
    JOIN @own@.vestibule_projects AS p ON p.id = u.project_id AND p.public_id = 'default'
    WHERE u.id = a.id
)
"""
