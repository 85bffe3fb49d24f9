"""Functions and triggers that take what others write to the copies in `auth.users` and `auth.user_roles` for ours.

Applications of Nhost change users by GraphQL, so Hasura writes these tables. What may be changed so is changed here in
the same transaction; what says how somebody comes in, or what they have proven, has its own code path and is refused
(security 11): leaving it to be undone by the next copy would mislead. A row that is no copy is nobody's of ours.

The mirror's own writes are told from others by a setting that it makes while it writes: how deep in triggers it is. A
trigger of the application that the same write sets off is one deeper, and counts. Whoever makes the setting themselves
changes the copy only, as before there was any writing back, and no user.

Our transactions lock our row and then, at their end, the copy; who writes the copy has locked that first. Where both
happen at once one must give up, and it is always the writer of the copy: it does not queue for our row but tries a few
times. PostgreSQL sees no deadlock then, whose victim could be a sign-in, or somebody who only waits behind both.

All of it has the rights of whoever made it, and computes under `pg_catalog` alone (security 140).
"""

from typing import Final

from vestibule.migrations.hasura.refusals import ERRCODE, METADATA, changes

_PATH: Final = "pg_catalog, pg_temp"
_DEFINER: Final = f"SECURITY DEFINER SET search_path = {_PATH}"
_TRIES: Final = 4  # 30 ms in all; whoever holds our row longer waits for the copy, or works on many

_MOST_ROWS: Final = 1_000  # a quarter of a second, for which sign-ins of these users wait

COPYING: Final = "vestibule.copying"
_WRITTEN: Final = "vestibule.written"
_IS_A_COPY: Final = f"current_setting('{COPYING}', true) = (pg_trigger_depth() - 1)::text"

_PROFILE: Final = ("display_name", "avatar_url", "locale", "metadata", "default_role")
_TAKEN: Final = " OR ".join(changes(column) for column in (*_PROFILE, "disabled"))
_NAMELESS: Final = "an anonymous user has the role anonymous until they have a name, by POST /user/deanonymize"


def _field(column: str) -> str:
    return f"CASE WHEN {changes(column)} THEN '{column}' END"


def _new_or(column: str, value: str) -> str:
    return f"{column} = CASE WHEN {changes(column)} THEN {value} ELSE {column} END"


# Whose copy it is, with our row locked; null if it is nobody's. A statement after it sees what the last to change the
# user committed.
_HOLD: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_hold(wanted uuid, is_going boolean) RETURNS uuid
LANGUAGE plpgsql SET search_path = {_PATH} AS $$
DECLARE
    owner uuid;
    written integer;
BEGIN
    SELECT m.project_id INTO owner
    FROM @own@.vestibule_mirrored AS m
    JOIN @own@.vestibule_projects AS p ON p.id = m.project_id AND p.public_id = 'default'
    WHERE m.user_id = wanted;
    IF owner IS NULL THEN
        RETURN NULL;
    END IF;
    IF coalesce(current_setting('{COPYING}', true), '') = '' THEN  -- whatever our own transactions set off is theirs
        written := coalesce(nullif(current_setting('{_WRITTEN}', true), ''), '0')::integer + 1;
        IF written > {_MOST_ROWS} THEN
            RAISE EXCEPTION 'auth.users: at most {_MOST_ROWS} rows of users in one transaction; change them in batches'
            {ERRCODE};
        END IF;
        PERFORM set_config('{_WRITTEN}', written::text, true);
    END IF;
    FOR try IN 1..{_TRIES} LOOP
        IF is_going THEN
            PERFORM 1 FROM @own@.vestibule_users AS u
            WHERE u.project_id = owner AND u.id = wanted FOR UPDATE SKIP LOCKED;
        ELSE
            PERFORM 1 FROM @own@.vestibule_users AS u
            WHERE u.project_id = owner AND u.id = wanted FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
        IF FOUND THEN
            RETURN owner;
        END IF;
        PERFORM 1 FROM @own@.vestibule_users AS u WHERE u.project_id = owner AND u.id = wanted;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        PERFORM pg_sleep(0.001 * 2 ^ try);
    END LOOP;
    RAISE serialization_failure USING
        MESSAGE = format('user %s is being changed by the authentication server; send this again', wanted);
END $$
"""

# As core/audit writes it, with a UUIDv7 (RFC 9562): 48 bits of milliseconds, the version, chance.
_NOTE: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_note(owner uuid, user_id uuid, event text, detail json)
RETURNS void LANGUAGE plpgsql SET search_path = {_PATH} AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    millis bytea := substring(int8send(floor(extract(epoch FROM moment) * 1000)::bigint) FROM 3);
    chance bytea := overlay(uuid_send(gen_random_uuid()) PLACING millis FROM 1 FOR 6);
BEGIN
    INSERT INTO @own@.vestibule_audit (project_id, id, at, event, user_id, actor, detail)
    VALUES (
        owner, encode(set_bit(set_bit(chance, 52, 1), 53, 1), 'hex')::uuid, moment, event, user_id,
        'database:' || session_user, detail
    );
END $$
"""

# The order of those who stay is kept: tokens list roles in it.
_ROLES: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_roles(held json, lost text, won text) RETURNS json
LANGUAGE sql SET search_path = {_PATH} AS $$
    SELECT coalesce(json_agg(role ORDER BY place), '[]') FROM (
        SELECT role, place FROM json_array_elements_text(held) WITH ORDINALITY AS h (role, place)
        WHERE role IS DISTINCT FROM lost
        UNION ALL
        SELECT won, json_array_length(held) + 1
        WHERE won NOT IN (SELECT role FROM json_array_elements_text(held) AS role WHERE role IS DISTINCT FROM lost)
    ) AS kept
$$
"""

# What is written is what the row has by now: a trigger of the application may have put it right since.
_USER: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_user() RETURNS trigger
LANGUAGE plpgsql {_DEFINER} AS $$
DECLARE
    refused text := @refusal@;
    owner uuid;
    person record;
    present record;
    standing text;
    wanted_roles json;
    fields text[];
BEGIN
    IF {_IS_A_COPY} OR (refused IS NULL AND NOT ({_TAKEN})) THEN
        RETURN NULL;
    END IF;
    owner := @own@.vestibule_write_back_hold(OLD.id, false);
    IF owner IS NULL THEN
        RETURN NULL;
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'auth.users.%', refused {ERRCODE};
    END IF;
    SELECT u.status, u.default_role, u.roles, u.is_anonymous INTO person
    FROM @own@.vestibule_users AS u WHERE u.project_id = owner AND u.id = NEW.id;
    SELECT {", ".join(f"a.{column}" for column in (*_PROFILE, "disabled"))} INTO present
    FROM auth.users AS a WHERE a.id = NEW.id;
    standing := person.status;
    IF {changes("disabled")} AND present.disabled AND person.status = 'active' THEN
        IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
            RAISE EXCEPTION 'auth.users.disabled: at the isolation % sessions that begin meanwhile would stay;'
                ' use READ COMMITTED', upper(current_setting('transaction_isolation')) {ERRCODE};
        END IF;
        standing := 'disabled';
    ELSIF {changes("disabled")} AND NOT present.disabled AND person.status NOT IN ('disabled', 'active') THEN
        RAISE EXCEPTION 'auth.users.disabled: this user is %, not disabled; use vestibule user enable', person.status
        {ERRCODE};
    ELSIF {changes("disabled")} AND NOT present.disabled THEN
        standing := 'active';
    END IF;
    wanted_roles := person.roles;
    IF {changes("default_role")} THEN
        wanted_roles := @own@.vestibule_write_back_roles(
            person.roles,
            CASE WHEN NOT EXISTS (
                SELECT FROM auth.user_roles AS r WHERE r.user_id = NEW.id AND r.role::text = person.default_role
            ) THEN person.default_role END,  -- its row was taken before: it stayed for being the default
            present.default_role::text
        );
    END IF;
    fields := array_remove(ARRAY[{", ".join(_field(column) for column in sorted(_PROFILE))},
        CASE WHEN wanted_roles::jsonb <> person.roles::jsonb THEN 'roles' END], NULL);
    IF person.is_anonymous AND fields && '{{default_role, roles}}' THEN
        RAISE EXCEPTION 'auth.users.default_role: {_NAMELESS}' {ERRCODE};
    END IF;
    UPDATE @own@.vestibule_users SET
        {_new_or("display_name", "present.display_name")},
        {_new_or("avatar_url", "present.avatar_url")},
        {_new_or("locale", "present.locale")},
        {_new_or("metadata", "@own@.vestibule_write_back_metadata(present.metadata)")},
        {_new_or("default_role", "present.default_role")},
        roles = wanted_roles, status = standing, updated_at = now()
    WHERE project_id = owner AND id = NEW.id;
    IF fields <> '{{}}' THEN
        PERFORM @own@.vestibule_write_back_note(owner, NEW.id, 'user.changed', json_build_object('fields', fields));
    END IF;
    IF standing <> person.status THEN
        PERFORM @own@.vestibule_write_back_note(
            owner, NEW.id, 'user.status_changed', json_build_object('status', standing)
        );
        IF standing = 'disabled' THEN
            DELETE FROM @own@.vestibule_sessions AS s WHERE s.project_id = owner AND s.user_id = NEW.id;
            DELETE FROM @own@.vestibule_imported_tokens AS t WHERE t.project_id = owner AND t.user_id = NEW.id;
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

# Without the mark nobody deletes a row that somebody puts there again, in this transaction or later.
_DELETION: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_deletion() RETURNS trigger
LANGUAGE plpgsql {_DEFINER} AS $$
DECLARE
    owner uuid;
BEGIN
    owner := @own@.vestibule_write_back_hold(OLD.id, true);
    IF owner IS NOT NULL THEN
        DELETE FROM @own@.vestibule_mirrored AS m WHERE m.project_id = owner AND m.user_id = OLD.id;
        DELETE FROM @own@.vestibule_users AS u WHERE u.project_id = owner AND u.id = OLD.id;
        DELETE FROM @own@.vestibule_outbox AS o WHERE o.project_id = owner AND o.user_id = OLD.id;
        PERFORM @own@.vestibule_write_back_note(owner, OLD.id, 'user.deleted', '{{}}');
    END IF;
    RETURN NULL;
END $$
"""

# The default role stays one of the roles, and its row comes back with the copy that the UPDATE sets off.
_ROLE_OF: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_role_of(wanted uuid, lost text, won text) RETURNS void
LANGUAGE plpgsql SET search_path = {_PATH} AS $$
DECLARE
    owner uuid;
    person record;
    wanted_roles json;
BEGIN
    IF NOT EXISTS (SELECT FROM auth.users AS a WHERE a.id = wanted) THEN
        RETURN;  -- this goes with the user
    END IF;
    owner := @own@.vestibule_write_back_hold(wanted, false);
    IF owner IS NULL THEN
        RETURN;
    END IF;
    SELECT u.default_role, u.roles, u.is_anonymous INTO person
    FROM @own@.vestibule_users AS u WHERE u.project_id = owner AND u.id = wanted;
    wanted_roles := @own@.vestibule_write_back_roles(person.roles, nullif(lost, person.default_role), won);
    IF wanted_roles::jsonb <> person.roles::jsonb THEN
        IF person.is_anonymous THEN
            RAISE EXCEPTION 'auth.user_roles: {_NAMELESS}' {ERRCODE};
        END IF;
        PERFORM @own@.vestibule_write_back_note(owner, wanted, 'user.changed', '{{"fields": ["roles"]}}');
    END IF;
    UPDATE @own@.vestibule_users SET roles = wanted_roles, updated_at = now()
    WHERE project_id = owner AND id = wanted;
END $$
"""

_ROLE: Final = f"""
CREATE OR REPLACE FUNCTION @own@.vestibule_write_back_role() RETURNS trigger
LANGUAGE plpgsql {_DEFINER} AS $$
BEGIN
    IF {_IS_A_COPY} OR TG_OP = 'UPDATE' AND NEW.user_id = OLD.user_id AND NOT ({changes("role")}) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM @own@.vestibule_write_back_role_of(OLD.user_id, OLD.role::text, NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM @own@.vestibule_write_back_role_of(NEW.user_id, NULL, NEW.role::text);
    END IF;
    RETURN NULL;
END $$
"""

_FUNCTIONS: Final = (
    "vestibule_write_back_user()",
    "vestibule_write_back_deletion()",
    "vestibule_write_back_role()",
    "vestibule_write_back_role_of(uuid, text, text)",
    "vestibule_write_back_metadata(jsonb)",
    "vestibule_write_back_roles(json, text, text)",
    "vestibule_write_back_note(uuid, uuid, text, json)",
    "vestibule_write_back_hold(uuid, boolean)",
)

# Replaced and not dropped: their triggers stay, and nobody who writes to `auth` waits for whoever repeats the command.
CREATE: Final = (_HOLD, _NOTE, _ROLES, METADATA, _USER, _DELETION, _ROLE_OF, _ROLE)

# (table, name) -> the rest of it. They see rows as they are after all triggers that change them.
TRIGGERS: Final = {
    ("auth.users", "vestibule_write_back"): ("UPDATE", "vestibule_write_back_user()"),
    ("auth.users", "vestibule_write_back_deletion"): ("DELETE", "vestibule_write_back_deletion()"),
    ("auth.user_roles", "vestibule_write_back"): ("INSERT OR UPDATE OR DELETE", "vestibule_write_back_role()"),
}

IS_THERE: Final = "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::text::regclass AND tgname = $2)"

# With the triggers that call them. Who owns the functions need not own Nhost's tables.
REMOVE: Final = tuple(f"DROP FUNCTION IF EXISTS @own@.{function} CASCADE" for function in _FUNCTIONS)


def create_trigger(table: str, name: str) -> str:
    """Return the statement that makes one of the triggers."""
    event, function = TRIGGERS[table, name]
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION @own@.{function}"
