"""The development mailbox at `/_/mail` shows what would have been sent, `/_/mail/templates` what could be.

Mounted with `--dev` only.
"""

from vestibule.web.mailbox.dialect import mailbox
from vestibule.web.mailbox.gallery import GalleryPages
from vestibule.web.mailbox.pages import MailboxPages

__all__ = ["GalleryPages", "MailboxPages", "mailbox"]
