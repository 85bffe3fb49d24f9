"""Builds the core from settings. One table: each use-case, and the collaborators that it gets."""

from datetime import timedelta
from typing import Final

from vestibule.assembly.parts import parts_of
from vestibule.assembly.second_factor import build_second_factor
from vestibule.assembly.social import build_social
from vestibule.core.access_tokens import (
    CreateAccessToken,
    ListAccessTokens,
    RevokeAccessToken,
    RevokeOwnAccessToken,
    SignInWithAccessToken,
    SignOutEverywhere,
)
from vestibule.core.anonymous import DeanonymizeByLink, SignInAnonymously
from vestibule.core.arrivals import SettleArrivals
from vestibule.core.claims import GatherClaims
from vestibule.core.elevation import ElevationRule
from vestibule.core.email_codes import (
    ElevateWithEmailCode,
    RequestElevationEmail,
    RequestEmailCode,
    SignInWithEmailCode,
    SignUpWithEmailCode,
)
from vestibule.core.emails import RequestEmailChange, RequestVerification, VerifyEmail
from vestibule.core.facade import Core
from vestibule.core.links import RequestSignInLink, SignUpWithLink
from vestibule.core.passkeys import (
    AddPasskey,
    ElevateWithPasskey,
    ListPasskeys,
    RemovePasskey,
    SignInWithPasskey,
    SignUpWithPasskey,
)
from vestibule.core.passwords import (
    ChangePassword,
    DeanonymizeWithPassword,
    LeakedPasswords,
    NoteLeaked,
    OlderHashes,
    ProvisionUser,
    RequestPasswordReset,
    ResetPassword,
    SignInWithPassword,
    SignUpWithPassword,
)
from vestibule.core.pkce import ExchangeCode, IssueCode
from vestibule.core.projects import Registry, ServiceKeys
from vestibule.core.reaper import Reaper
from vestibule.core.redirects import allow_list_of
from vestibule.core.sessions import ChangeStanding, RefreshSession
from vestibule.core.signing import KeyRotation
from vestibule.core.social import IdentityProviders, NoProviders
from vestibule.core.text_codes import (
    ChangePhone,
    ElevateWithTextCode,
    NameByNumber,
    RequestElevationText,
    RequestNaming,
    RequestPhoneChange,
    RequestTextCode,
    SignInWithTextCode,
    SignUpWithTextCode,
)
from vestibule.core.texts import RemoteVerification
from vestibule.core.totp import TotpSecrets
from vestibule.core.users import ChangeUser
from vestibule.core.ways_in import WaysIn
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.meters import Meters
from vestibule.settings import Settings
from vestibule.storage import Database

# Clients may choose the life of their access tokens up to this.
_LONGEST_TOKEN_LIFE: Final = timedelta(days=1)


def build_core(
    settings: Settings,
    db: Database,
    clock: Clock,
    entropy: Entropy,
    remote_verification: RemoteVerification | None = None,
    custom_claims: GatherClaims | None = None,
    identities: IdentityProviders | None = None,
    *,
    leaks: LeakedPasswords | None = None,
    meters: Meters | None = None,
) -> Core:
    """Return every use-case, ready to call.

    `remote_verification` is there where the SMS provider makes the codes itself, `custom_claims` where tokens get any,
    `identities` where people come in by providers, `leaks` where leaked passwords are refused.
    """
    parts = parts_of(settings, db, clock, entropy, remote_verification, leaks, meters or Meters())
    note_leaked = None if leaks is None else NoteLeaked(leaks, db, parts.attempts, parts.audit, clock)
    identities = identities or NoProviders()
    ways_in = WaysIn(identities)
    social = build_social(db, parts, identities, ways_in)
    return Core(
        custom_claims=custom_claims,
        db=db,
        clock=clock,
        keyring=parts.keyring,
        catalog=parts.catalog,
        registry=Registry(db, parts.catalog, parts.key_sets, parts.audit, clock, entropy, allow_list_of),
        service_keys=ServiceKeys(db, parts.audit, clock, entropy),
        key_sets=parts.key_sets,
        key_rotation=KeyRotation(parts.key_sets, max(settings.policy.access_token_life, _LONGEST_TOKEN_LIFE)),
        users=parts.users,
        elevation=ElevationRule(db, parts.users),
        accounts=parts.accounts,
        audit=parts.audit,
        outbox=parts.outbox,
        text_postage=parts.text_postage,
        remote_verification=remote_verification,
        settle_arrivals=SettleArrivals(db, clock, entropy, TotpSecrets(parts.keyring)),
        provision_user=ProvisionUser(
            db, parts.users, parts.create_user, parts.hashing, parts.vet_password, parts.audit
        ),
        change_user=ChangeUser(db, parts.users, parts.audit, clock),
        sign_up_with_password=SignUpWithPassword(
            db,
            parts.users,
            parts.register,
            parts.hashing,
            parts.vet_password,
            parts.postage,
            parts.send_letter,
            parts.finish,
        ),
        sign_in_with_password=SignInWithPassword(
            db, parts.guesses, parts.hashing, OlderHashes(db, clock), parts.finish, note_leaked
        ),
        sign_up_with_passkey=SignUpWithPasskey(
            db,
            clock,
            entropy,
            parts.challenges,
            parts.register,
            parts.users,
            parts.keep_passkey,
            parts.postage,
            parts.send_letter,
            parts.finish,
        ),
        sign_in_with_passkey=SignInWithPasskey(
            db, parts.users, parts.challenges, parts.keyring, parts.enter_with_passkey
        ),
        add_passkey=AddPasskey(db, parts.users, parts.challenges, parts.keep_passkey, parts.send_notice),
        elevate_with_passkey=ElevateWithPasskey(db, parts.users, parts.challenges, parts.enter_with_passkey),
        list_passkeys=ListPasskeys(db, parts.users),
        remove_passkey=RemovePasskey(
            db, parts.users, ways_in, parts.tickets, parts.revoke_sessions, parts.send_notice, parts.audit
        ),
        second_factor=build_second_factor(
            db,
            parts.tickets,
            parts.users,
            parts.attempts,
            parts.audit,
            parts.send_notice,
            parts.revoke_sessions,
            parts.finish,
        ),
        depart_to_provider=social.depart,
        arrive_from_provider=social.arrive,
        enter_with_id_token=social.enter_with_id_token,
        link_with_id_token=social.link_with_id_token,
        linked_identities=social.linked,
        unlink_identity=social.unlink,
        take_provider_session=social.take_session,
        refresh_provider_session=social.refresh_session,
        sign_in_anonymously=SignInAnonymously(db, parts.attempts, parts.register, parts.finish),
        deanonymize=parts.deanonymize,
        deanonymize_with_password=DeanonymizeWithPassword(
            db, parts.users, parts.deanonymize, parts.hashing, parts.vet_password, parts.postage, parts.send_letter
        ),
        deanonymize_by_text=RequestNaming(
            db, parts.users, parts.deanonymize, parts.tickets, parts.text_postage, parts.text_guesses, parts.send_text
        ),
        deanonymize_by_link=DeanonymizeByLink(db, parts.users, parts.deanonymize, parts.postage, parts.send_letter),
        create_access_token=CreateAccessToken(db, parts.users, parts.audit, clock, entropy),
        sign_in_with_access_token=SignInWithAccessToken(db, clock, parts.finish),
        list_access_tokens=ListAccessTokens(db, parts.users, clock),
        revoke_access_token=RevokeAccessToken(db, parts.audit),
        revoke_own_access_token=RevokeOwnAccessToken(db, parts.users, parts.audit),
        sign_out_everywhere=SignOutEverywhere(db, parts.users, parts.revoke_sessions, parts.audit),
        refresh_session=RefreshSession(
            db,
            clock,
            parts.refresh_secrets,
            parts.users,
            parts.audit,
            parts.send_notice,
            parts.continue_imported,
            settings.refresh_grace,
        ),
        live_sessions=parts.live_sessions,
        revoke_sessions=parts.revoke_sessions,
        change_standing=ChangeStanding(db, parts.users, parts.revoke_sessions),
        change_password=ChangePassword(
            db, parts.users, parts.guesses, parts.hashing, parts.vet_password, parts.set_password
        ),
        request_password_reset=RequestPasswordReset(db, parts.users, parts.postage, parts.send_letter),
        reset_password=ResetPassword(
            db, parts.users, parts.tickets, parts.hashing, parts.vet_password, parts.prove_address, parts.set_password
        ),
        request_verification=RequestVerification(db, parts.users, parts.postage, parts.send_letter),
        request_email_code=RequestEmailCode(parts.email_guesses, parts.entry_by_code),
        sign_up_with_email_code=SignUpWithEmailCode(parts.email_guesses, parts.entry_by_code),
        sign_in_with_email_code=SignInWithEmailCode(
            db, parts.users, parts.email_guesses, parts.prove_address, parts.finish
        ),
        request_elevation_email=RequestElevationEmail(
            db, parts.users, parts.postage, parts.email_guesses, parts.send_code
        ),
        elevate_with_email_code=ElevateWithEmailCode(db, parts.users, parts.email_guesses, parts.tickets, parts.finish),
        request_text_code=RequestTextCode(
            db, parts.users, parts.text_postage, parts.text_guesses, parts.send_text, parts.text_newcomers
        ),
        sign_up_with_text_code=SignUpWithTextCode(
            db, parts.users, parts.text_postage, parts.text_guesses, parts.send_text, parts.text_newcomers
        ),
        sign_in_with_text_code=SignInWithTextCode(
            db,
            parts.users,
            parts.text_guesses,
            parts.prove_number,
            NameByNumber(db, parts.tickets, parts.deanonymize),
            parts.text_postage,
            parts.finish,
        ),
        request_elevation_text=RequestElevationText(
            db, parts.users, parts.text_postage, parts.text_guesses, parts.send_text
        ),
        elevate_with_text_code=ElevateWithTextCode(
            db, parts.users, parts.text_guesses, parts.tickets, parts.text_postage, parts.finish
        ),
        request_phone_change=RequestPhoneChange(
            db, parts.users, parts.text_postage, parts.text_guesses, parts.send_text
        ),
        change_phone=ChangePhone(
            db,
            parts.users,
            parts.create_user,
            parts.text_guesses,
            parts.tickets,
            parts.revoke_sessions,
            parts.text_postage,
            parts.send_notice,
            parts.audit,
        ),
        request_email_change=RequestEmailChange(db, parts.users, parts.postage, parts.send_letter),
        verify_email=VerifyEmail(
            db,
            parts.tickets,
            parts.prove_address,
            parts.change_address,
            parts.finish,
            IssueCode(parts.tickets, parts.finish),
        ),
        request_sign_in_link=RequestSignInLink(parts.entry_by_link),
        sign_up_with_link=SignUpWithLink(parts.entry_by_link),
        exchange_code=ExchangeCode(db, parts.tickets, parts.finish),
        reaper=Reaper(db, parts.outbox, clock, settings.retention),
    )
