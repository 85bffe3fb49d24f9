"""Identities at somebody else's: signing in with a provider, linking one, unlinking it."""

from vestibule.core.social.arrive import Arrived, ArriveFromProvider, Linked
from vestibule.core.social.depart import Departed, DepartToProvider
from vestibule.core.social.enter import Entered, EnterWithIdentity, Entry, Registered
from vestibule.core.social.id_tokens import EnterWithIdToken, LinkWithIdToken, PresentedIdToken, ReadIdToken
from vestibule.core.social.identities import KeepIdentity, SealProviderSession
from vestibule.core.social.journeys import (
    JOURNEY_LIFE,
    SECRET_BYTES,
    Arrival,
    Departing,
    Flow,
    Journey,
    Journeys,
    secret_bytes,
    secret_text,
)
from vestibule.core.social.link import LinkIdentity, ListIdentities, UnlinkIdentity
from vestibule.core.social.model import IdentityProviders
from vestibule.core.social.none import NoProviders
from vestibule.core.social.provider_sessions import RefreshProviderSession, TakeProviderSession
from vestibule.core.social.store import IdentityRow

__all__ = [
    "JOURNEY_LIFE",
    "SECRET_BYTES",
    "Arrival",
    "ArriveFromProvider",
    "Arrived",
    "DepartToProvider",
    "Departed",
    "Departing",
    "EnterWithIdToken",
    "EnterWithIdentity",
    "Entered",
    "Entry",
    "Flow",
    "IdentityProviders",
    "IdentityRow",
    "Journey",
    "Journeys",
    "KeepIdentity",
    "LinkIdentity",
    "LinkWithIdToken",
    "Linked",
    "ListIdentities",
    "NoProviders",
    "PresentedIdToken",
    "ReadIdToken",
    "RefreshProviderSession",
    "Registered",
    "SealProviderSession",
    "TakeProviderSession",
    "UnlinkIdentity",
    "secret_bytes",
    "secret_text",
]
