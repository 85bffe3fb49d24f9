"""The development mailbox at `/_/mail`: shows what would have been sent. Mounted with `--dev` only."""

from vestibule.web.mailbox.dialect import PageHosts, mailbox
from vestibule.web.mailbox.pages import MailboxPages

__all__ = ["MailboxPages", "PageHosts", "mailbox"]
