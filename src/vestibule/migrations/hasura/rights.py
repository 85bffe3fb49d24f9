"""Who could have a function of their own called with the rights that the mirror acts with (security 140)."""

from typing import Final

# PostgreSQL fires triggers with the rights of whoever writes, and the mirror writes with those of who made it.
# Superusers and whoever may act as that role gain nothing by it; who owns the tables is trusted with them.
#
# (the role, the statement that takes the right from it). Of several roles that have it through one, that one is named.
WHO_MAKES_TRIGGERS: Final = """
WITH tables AS (
    SELECT name, c.relowner, c.relacl FROM unnest(ARRAY['auth.users', 'auth.user_roles', 'auth.roles']) AS name
    JOIN pg_class AS c ON c.oid = to_regclass(name)
), granted AS (
    SELECT DISTINCT t.name, a.grantee FROM tables AS t CROSS JOIN LATERAL aclexplode(t.relacl) AS a
    WHERE a.privilege_type = 'TRIGGER' AND a.grantee <> t.relowner
        AND (a.grantee = 0 OR NOT pg_has_role(a.grantee, current_user, 'MEMBER'))
), owning AS (
    SELECT DISTINCT o.oid AS owner, m.member FROM tables AS t
    JOIN pg_roles AS o ON o.oid = t.relowner AND NOT o.rolsuper
    JOIN pg_auth_members AS m ON m.roleid = o.oid
    WHERE m.member NOT IN (SELECT relowner FROM tables) AND NOT pg_has_role(m.member, current_user, 'MEMBER')
)
SELECT role, format('REVOKE TRIGGER ON %s FROM %s', string_agg(name, ', ' ORDER BY name), role)
FROM granted CROSS JOIN LATERAL (
    SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS role
) AS named
GROUP BY role
UNION ALL
SELECT member::regrole::text, format('REVOKE %s FROM %s', owner::regrole, member::regrole) FROM owning
ORDER BY 1, 2
"""
