"""The page between a mailed link and what it does: a scanner that opens it uses nothing up (security 98, 99)."""

from vestibule.dialects.nhost.confirm.origin import refuse_foreign_page
from vestibule.dialects.nhost.confirm.pages import ConfirmPages

__all__ = ["ConfirmPages", "refuse_foreign_page"]
