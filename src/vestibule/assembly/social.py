"""Builds what people do with providers of identities."""

from dataclasses import dataclass

from vestibule.assembly.parts import Parts
from vestibule.core.pkce import IssueCode
from vestibule.core.social import (
    ArriveFromProvider,
    DepartToProvider,
    EnterWithIdentity,
    EnterWithIdToken,
    IdentityProviders,
    Journeys,
    KeepIdentity,
    LinkIdentity,
    LinkWithIdToken,
    ListIdentities,
    ReadIdToken,
    RefreshProviderSession,
    SealProviderSession,
    TakeProviderSession,
    UnlinkIdentity,
)
from vestibule.core.ways_in import WaysIn
from vestibule.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Social:
    """All that people do with providers."""

    depart: DepartToProvider
    arrive: ArriveFromProvider
    enter_with_id_token: EnterWithIdToken
    link_with_id_token: LinkWithIdToken
    linked: ListIdentities
    unlink: UnlinkIdentity
    take_session: TakeProviderSession
    refresh_session: RefreshProviderSession


def build_social(db: Database, parts: Parts, identities: IdentityProviders, ways_in: WaysIn) -> Social:
    """Return the use-cases; clock, chance and keys are those of the ticket desk."""
    tickets, users = parts.tickets, parts.users
    seal = SealProviderSession(tickets.keyring)
    keep = KeepIdentity(tickets.clock, tickets.entropy, seal, parts.audit)
    journeys = Journeys(db, tickets)
    enter = EnterWithIdentity(
        db,
        tickets.clock,
        users,
        parts.register,
        keep,
        parts.first_proof,
        parts.postage,
        parts.send_letter,
        parts.send_notice,
        parts.finish,
        IssueCode(tickets, parts.finish),
    )
    link = LinkIdentity(db, users, keep, parts.send_notice)
    read = ReadIdToken(db, parts.attempts, identities)
    return Social(
        depart=DepartToProvider(db, users, identities, journeys),
        arrive=ArriveFromProvider(journeys, identities, parts.live_sessions, enter, link),
        enter_with_id_token=EnterWithIdToken(read, enter),
        link_with_id_token=LinkWithIdToken(read, link),
        linked=ListIdentities(db, users),
        unlink=UnlinkIdentity(db, users, ways_in, parts.revoke_sessions, parts.send_notice, parts.audit),
        take_session=TakeProviderSession(db, users, seal),
        refresh_session=RefreshProviderSession(db, users, identities),
    )
