"""Builds the core from settings: which collaborator each use-case gets."""

import binascii
from datetime import timedelta
from typing import Final

from vestibule.assembly.second_factor import build_second_factor
from vestibule.core.access_tokens import (
    CreateAccessToken,
    RevokeAccessToken,
    SignInWithAccessToken,
    SignOutEverywhere,
)
from vestibule.core.accounts import AccountDirectory
from vestibule.core.anonymous import Deanonymize, DeanonymizeByLink, SignInAnonymously
from vestibule.core.attempts import AttemptBudget, Tally
from vestibule.core.audit import AuditLog
from vestibule.core.elevation import ElevationRule
from vestibule.core.email_codes import (
    ElevateWithEmailCode,
    MailCode,
    RequestElevationEmail,
    RequestEmailCode,
    SignInWithEmailCode,
    SignUpWithEmailCode,
)
from vestibule.core.emails import ChangeAddress, RequestEmailChange, RequestVerification, VerifyEmail
from vestibule.core.facade import Core
from vestibule.core.guesses import CodesOfOurs, GuessCode
from vestibule.core.letters import Postage, SendCode, SendLetter, SendNotice
from vestibule.core.links import MailLink, RequestSignInLink, SignUpWithLink
from vestibule.core.outbox import Outbox
from vestibule.core.passkeys import (
    AddPasskey,
    Challenges,
    ElevateWithPasskey,
    EnterWithPasskey,
    KeepPasskey,
    SignInWithPasskey,
    SignUpWithPasskey,
)
from vestibule.core.passwords import (
    ChangePassword,
    DeanonymizeWithPassword,
    Hashing,
    ProvisionUser,
    RequestPasswordReset,
    ResetPassword,
    SetPassword,
    SignInWithPassword,
    SignUpWithPassword,
)
from vestibule.core.pkce import ExchangeCode, IssueCode
from vestibule.core.projects import Catalog, Registry, ServiceKeys
from vestibule.core.proofs import ProveAddress
from vestibule.core.reaper import Reaper
from vestibule.core.redirects import allow_list_of
from vestibule.core.sessions import ChangeStanding, IssueSession, RefreshSecrets, RefreshSession, RevokeSessions
from vestibule.core.signin import FinishSignIn
from vestibule.core.signing import (
    KeyRotation,
    KeySets,
    SharedSecret,
    SigningKey,
    signing_key_from_pem,
    signing_key_from_secret,
)
from vestibule.core.signup import RegisterUser
from vestibule.core.text_codes import (
    ChangePhone,
    CodesOfProvider,
    ElevateWithTextCode,
    NameByNumber,
    ProveNumber,
    RequestElevationText,
    RequestNaming,
    RequestPhoneChange,
    RequestTextCode,
    SendText,
    SignInWithTextCode,
    SignUpWithTextCode,
    TextNewcomers,
)
from vestibule.core.texts import RemoteVerification, TextPostage
from vestibule.core.tickets import TicketDesk
from vestibule.core.users import CreateUser, UserDirectory
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.errors import InvalidEmailCode, InvalidTextCode, TooManyGuesses, TooManyTextGuesses
from vestibule.kernel.keyring import Keyring
from vestibule.settings import ConfiguredJwt, Settings
from vestibule.storage import Database

# Clients may choose the life of their access tokens up to this.
_LONGEST_TOKEN_LIFE: Final = timedelta(days=1)


def keyring_of(settings: Settings, entropy: Entropy) -> Keyring:
    """Return the keyring of the configured root keys, the first one current."""
    return Keyring([root_key_bytes(key.reveal()) for key in settings.root_keys], entropy)


def root_key_bytes(text: str) -> bytes:
    """Return the bytes of a root key: 32 bytes written in hex are decoded, any other text is taken as it is."""
    try:
        decoded = binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        return text.encode()
    return decoded if len(decoded) >= 32 else text.encode()  # noqa: PLR2004 - the 256 bits of a key


def build_core(
    settings: Settings,
    db: Database,
    clock: Clock,
    entropy: Entropy,
    remote_verification: RemoteVerification | None = None,
) -> Core:
    """Return every use-case, ready to call; `remote_verification` where the SMS provider makes the codes itself."""
    keyring = keyring_of(settings, entropy)
    audit = AuditLog(clock, entropy)
    outbox = Outbox(keyring, entropy, clock)
    attempts = AttemptBudget(clock, keyring)
    key_sets = KeySets(db, keyring, clock, entropy, settings.signing_algorithm)
    catalog = Catalog(
        db,
        key_sets,
        settings.policy,
        settings.dialects,
        configured_key(settings.jwt) if settings.jwt else None,
        settings.project_name,
    )
    tickets = TicketDesk(clock, entropy, keyring)
    users = UserDirectory(db, audit, outbox, clock)
    accounts = AccountDirectory(clock, entropy)
    secrets = RefreshSecrets(keyring, entropy)
    revoke = RevokeSessions(db, clock, secrets, audit)
    finish = FinishSignIn(users, accounts, tickets, IssueSession(clock, entropy, secrets), audit)
    codes = SendCode(tickets, outbox, entropy)
    letters = SendLetter(tickets, outbox, codes)
    postage = Postage(db, attempts, audit)
    challenges = Challenges(db, tickets)
    keep_passkey = KeepPasskey(clock, entropy, audit)
    enter = EnterWithPasskey(db, challenges, finish, audit, clock)
    hashing = Hashing(settings.argon2, settings.hashing)
    create_user = CreateUser(clock, entropy)
    register = RegisterUser(users, create_user, accounts, audit)
    notice = SendNotice(outbox)
    text_postage = TextPostage(db, attempts, Tally(clock, keyring), audit)
    our_codes = CodesOfOurs(db, tickets)
    text_codes = our_codes if remote_verification is None else CodesOfProvider(db, tickets, remote_verification)
    email_guesses = GuessCode(db, attempts, our_codes, InvalidEmailCode, TooManyGuesses)
    text_guesses = GuessCode(db, attempts, text_codes, InvalidTextCode, TooManyTextGuesses)
    mail_code = MailCode(db, users, register, codes)
    texts = SendText(tickets, codes, outbox, text_postage, remote_verification)
    newcomers = TextNewcomers(db, register, texts)
    prove_number = ProveNumber(users, tickets, register, notice, audit, clock)
    set_password = SetPassword(users, revoke, tickets, notice, audit, clock)
    prove = ProveAddress(users, tickets, revoke, audit, clock)
    change_address = ChangeAddress(users, create_user, tickets, revoke, notice, audit, clock)
    mail_link = MailLink(db, users, register, letters)
    deanonymize = Deanonymize(db, users, create_user, revoke, audit, clock)
    return Core(
        db=db,
        clock=clock,
        keyring=keyring,
        catalog=catalog,
        registry=Registry(db, catalog, key_sets, audit, clock, entropy, allow_list_of),
        service_keys=ServiceKeys(db, audit, clock, entropy),
        key_sets=key_sets,
        key_rotation=KeyRotation(key_sets, max(settings.policy.access_token_life, _LONGEST_TOKEN_LIFE)),
        users=users,
        elevation=ElevationRule(db, users),
        accounts=accounts,
        audit=audit,
        outbox=outbox,
        text_postage=text_postage,
        remote_verification=remote_verification,
        provision_user=ProvisionUser(db, users, create_user, hashing, audit),
        sign_up_with_password=SignUpWithPassword(db, users, register, hashing, postage, letters, finish),
        sign_in_with_password=SignInWithPassword(db, attempts, hashing, finish),
        sign_up_with_passkey=SignUpWithPasskey(
            db, clock, entropy, challenges, register, users, keep_passkey, postage, letters, finish
        ),
        sign_in_with_passkey=SignInWithPasskey(db, users, challenges, keyring, enter),
        add_passkey=AddPasskey(db, users, challenges, keep_passkey, notice),
        elevate_with_passkey=ElevateWithPasskey(db, users, challenges, enter),
        second_factor=build_second_factor(db, tickets, users, attempts, audit, SendNotice(outbox), revoke, finish),
        sign_in_anonymously=SignInAnonymously(db, attempts, register, finish),
        deanonymize=deanonymize,
        deanonymize_with_password=DeanonymizeWithPassword(db, users, deanonymize, hashing, postage, letters),
        deanonymize_by_text=RequestNaming(db, users, deanonymize, tickets, text_postage, text_guesses, texts),
        deanonymize_by_link=DeanonymizeByLink(db, users, deanonymize, postage, letters),
        create_access_token=CreateAccessToken(db, users, audit, clock, entropy),
        sign_in_with_access_token=SignInWithAccessToken(db, clock, finish),
        revoke_access_token=RevokeAccessToken(db, audit),
        sign_out_everywhere=SignOutEverywhere(db, users, revoke, audit),
        refresh_session=RefreshSession(db, clock, secrets, users, audit, settings.refresh_grace),
        revoke_sessions=revoke,
        change_standing=ChangeStanding(db, users, revoke),
        change_password=ChangePassword(db, users, attempts, hashing, set_password),
        request_password_reset=RequestPasswordReset(db, users, postage, letters),
        reset_password=ResetPassword(db, users, tickets, hashing, prove, set_password),
        request_verification=RequestVerification(db, users, postage, letters),
        request_email_code=RequestEmailCode(db, users, postage, email_guesses, mail_code),
        sign_up_with_email_code=SignUpWithEmailCode(db, users, postage, email_guesses, mail_code),
        sign_in_with_email_code=SignInWithEmailCode(db, users, email_guesses, prove, finish),
        request_elevation_email=RequestElevationEmail(db, users, postage, email_guesses, codes),
        elevate_with_email_code=ElevateWithEmailCode(db, users, email_guesses, tickets, finish),
        request_text_code=RequestTextCode(db, users, text_postage, text_guesses, texts, newcomers),
        sign_up_with_text_code=SignUpWithTextCode(db, users, text_postage, text_guesses, texts, newcomers),
        sign_in_with_text_code=SignInWithTextCode(
            db, users, text_guesses, prove_number, NameByNumber(db, tickets, deanonymize), text_postage, finish
        ),
        request_elevation_text=RequestElevationText(db, users, text_postage, text_guesses, texts),
        elevate_with_text_code=ElevateWithTextCode(db, users, text_guesses, tickets, text_postage, finish),
        request_phone_change=RequestPhoneChange(db, users, text_postage, text_guesses, texts),
        change_phone=ChangePhone(db, users, create_user, text_guesses, tickets, revoke, text_postage, notice, audit),
        request_email_change=RequestEmailChange(db, users, postage, letters),
        verify_email=VerifyEmail(db, tickets, prove, change_address, finish, IssueCode(tickets, finish)),
        request_sign_in_link=RequestSignInLink(db, users, postage, mail_link),
        sign_up_with_link=SignUpWithLink(db, users, postage, mail_link),
        exchange_code=ExchangeCode(db, tickets, finish),
        reaper=Reaper(db, outbox, clock, settings.retention),
    )


def configured_key(jwt: ConfiguredJwt) -> SigningKey:
    """Return the key that HASURA_GRAPHQL_JWT_SECRET configures. Raises: ValueError when it is no usable key."""
    if jwt.signing_key is not None:
        return signing_key_from_pem(jwt.kid, jwt.algorithm, jwt.signing_key.reveal().encode())
    return signing_key_from_secret(SharedSecret(jwt.algorithm, jwt.key.reveal().encode(), jwt.kid))
