"""What all failures to deliver have in common: one text for the message's row, another for the log."""


class Undelivered(Exception):
    """A message has not left, and `reason` says why: that is kept with the message.

    `logged` is what anybody who reads logs may see. It repeats nothing that another server said, which may hold the
    address or the message; without it the reason is of our own words.
    """

    def __init__(self, reason: str, *, logged: str = "") -> None:
        super().__init__(reason)
        self.logged = logged or reason
