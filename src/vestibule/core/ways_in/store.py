"""SQL of the ways in: what a user has besides password, address and number, which are columns of the subject."""

from typing import Final

from vestibule.storage import Statement

PROVIDERS_OF_USER: Final = Statement(
    str, "SELECT DISTINCT provider FROM vestibule_identities WHERE project_id = :project_id AND user_id = :user_id"
)

HAS_PASSKEY: Final = Statement(
    int, "SELECT 1 FROM vestibule_passkeys WHERE project_id = :project_id AND user_id = :user_id LIMIT 1"
)
