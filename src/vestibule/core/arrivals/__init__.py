"""Arrivals: people who come from another server, with everything they sign in with."""

from vestibule.core.arrivals.people import Arrival, ArrivingIdentity, ArrivingKey, ArrivingToken
from vestibule.core.arrivals.rules import NotTaken, fit_key, kept_password
from vestibule.core.arrivals.settle import LeftBehind, SettleArrivals, Settled

__all__ = [
    "Arrival",
    "ArrivingIdentity",
    "ArrivingKey",
    "ArrivingToken",
    "LeftBehind",
    "NotTaken",
    "SettleArrivals",
    "Settled",
    "fit_key",
    "kept_password",
]
