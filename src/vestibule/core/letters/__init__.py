"""Letters that carry a ticket or a code, and notices; each is written in the transaction of what it is about."""

from vestibule.core.letters.letter import CodeForm, LetterForm, SendCode, SendLetter
from vestibule.core.letters.notices import SendNotice
from vestibule.core.letters.postage import MAIL_BUDGET, Postage

__all__ = ["MAIL_BUDGET", "CodeForm", "LetterForm", "Postage", "SendCode", "SendLetter", "SendNotice"]
