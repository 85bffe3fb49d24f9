"""Letters that carry a ticket or a code, and notices; each is written in the transaction of what it is about."""

from vestibule.core.letters.letter import CHALLENGE, CODE_LIFE, CODE_TRIES, CodeForm, LetterForm, SendCode, SendLetter
from vestibule.core.letters.notices import SendNotice
from vestibule.core.letters.pace import ANSWER_AFTER_SECONDS, even_pace
from vestibule.core.letters.postage import MAIL_BUDGET, Postage

__all__ = [
    "ANSWER_AFTER_SECONDS",
    "CHALLENGE",
    "CODE_LIFE",
    "CODE_TRIES",
    "MAIL_BUDGET",
    "CodeForm",
    "LetterForm",
    "Postage",
    "SendCode",
    "SendLetter",
    "SendNotice",
    "even_pace",
]
