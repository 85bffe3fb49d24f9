"""SQL of anonymous users."""

from typing import Final
from uuid import UUID

from vestibule.storage import Statement

# Whoever has a name already is not found: of two calls at once, one gives it.
GIVE_NAME: Final = Statement(
    UUID,
    """
    UPDATE vestibule_users
    SET is_anonymous = FALSE, status = :status, display_name = :display_name, locale = :locale,
        default_role = :default_role, roles = :roles, metadata = :metadata, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id AND is_anonymous
    RETURNING id
    """,
)
