"""SQL of elevation: what a user has to prove themselves with."""

from typing import Final

from vestibule.storage import Statement

HAS_PASSKEY: Final = Statement(
    int, "SELECT 1 FROM vestibule_passkeys WHERE project_id = :project_id AND user_id = :user_id LIMIT 1"
)
