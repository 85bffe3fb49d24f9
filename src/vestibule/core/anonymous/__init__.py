"""Anonymous users: visitors with a session and without a name, and how they get one."""

from vestibule.core.anonymous.deanonymize import Deanonymization, Deanonymize, NewName, named_options
from vestibule.core.anonymous.link import DeanonymizeByLink
from vestibule.core.anonymous.signin import SignInAnonymously

__all__ = ["Deanonymization", "Deanonymize", "DeanonymizeByLink", "NewName", "SignInAnonymously", "named_options"]
