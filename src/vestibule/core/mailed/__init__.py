"""Coming in by something that is mailed, a link or a code: what both methods share."""

from vestibule.core.mailed.entry import EntryByMail
from vestibule.core.mailed.mailing import MailToEnter, Newcomer, WriteMail

__all__ = ["EntryByMail", "MailToEnter", "Newcomer", "WriteMail"]
