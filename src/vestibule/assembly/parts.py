"""What the use-cases of one core share: clock and keys, the desk of tickets, the one way to finish a sign-in.

One table, in the order in which each part needs those before it.
"""

import binascii
from dataclasses import dataclass

from vestibule.core.accounts import AccountDirectory
from vestibule.core.anonymous import Deanonymize
from vestibule.core.attempts import AttemptBudget, DelayedTries, Tally
from vestibule.core.audit import AuditLog
from vestibule.core.emails import ChangeAddress
from vestibule.core.guesses import CodesOfOurs, GuessCode
from vestibule.core.letters import CodeForm, LetterForm, Postage, SendCode, SendLetter, SendNotice
from vestibule.core.mailed import EntryByMail, MailToEnter
from vestibule.core.outbox import Outbox
from vestibule.core.passkeys import Challenges, EnterWithPasskey, KeepPasskey
from vestibule.core.passwords import REFUSED, GuardGuesses, Hashing, LeakedPasswords, SetPassword, VetPassword
from vestibule.core.projects import Catalog
from vestibule.core.proofs import FirstProof, ProveAddress
from vestibule.core.sessions import ContinueImported, IssueSession, LiveSessions, RefreshSecrets, RevokeSessions
from vestibule.core.signin import SIGN_INS, FinishSignIn
from vestibule.core.signing import KeySets, SharedSecret, SigningKey, signing_key_from_pem, signing_key_from_secret
from vestibule.core.signup import RegisterUser
from vestibule.core.text_codes import CodesOfProvider, ProveNumber, SendText, TextNewcomers
from vestibule.core.texts import RemoteVerification, TextPostage
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import CreateUser, UserDirectory
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.errors import InvalidEmailCode, InvalidTextCode, TooManyGuesses, TooManyTextGuesses
from vestibule.kernel.keyring import Keyring
from vestibule.kernel.meters import Meters
from vestibule.settings import ConfiguredJwt, Settings
from vestibule.storage import Database


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What several use-cases have in common; built once."""

    keyring: Keyring
    audit: AuditLog
    outbox: Outbox
    attempts: AttemptBudget
    guesses: GuardGuesses
    key_sets: KeySets
    catalog: Catalog
    tickets: TicketDesk
    users: UserDirectory
    accounts: AccountDirectory
    refresh_secrets: RefreshSecrets
    live_sessions: LiveSessions
    revoke_sessions: RevokeSessions
    continue_imported: ContinueImported
    finish: FinishSignIn
    send_code: SendCode
    send_letter: SendLetter
    postage: Postage
    challenges: Challenges
    keep_passkey: KeepPasskey
    enter_with_passkey: EnterWithPasskey
    hashing: Hashing
    vet_password: VetPassword
    create_user: CreateUser
    register: RegisterUser
    send_notice: SendNotice
    text_postage: TextPostage
    email_guesses: GuessCode
    text_guesses: GuessCode
    entry_by_code: EntryByMail[CodeForm]
    send_text: SendText
    text_newcomers: TextNewcomers
    prove_number: ProveNumber
    set_password: SetPassword
    first_proof: FirstProof
    prove_address: ProveAddress
    change_address: ChangeAddress
    entry_by_link: EntryByMail[LetterForm]
    deanonymize: Deanonymize


def parts_of(
    settings: Settings,
    db: Database,
    clock: Clock,
    entropy: Entropy,
    remote_verification: RemoteVerification | None,
    leaks: LeakedPasswords | None,
    meters: Meters,
) -> Parts:
    """Return the parts, each with the collaborators it needs."""
    meters.declare(SIGN_INS, REFUSED)
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
    issue = IssueSession(clock, entropy, secrets)
    tries = DelayedTries(clock, keyring)
    finish = FinishSignIn(users, accounts, tickets, issue, audit, meters, tries)
    codes = SendCode(tickets, outbox, entropy)
    letters = SendLetter(tickets, outbox, codes)
    postage = Postage(db, attempts, audit)
    challenges = Challenges(db, tickets)
    keep_passkey = KeepPasskey(clock, entropy, audit)
    enter = EnterWithPasskey(db, challenges, finish, audit, clock)
    guesses = GuardGuesses(db, tries, audit, clock, meters, settings.stuffing)
    hashing = Hashing(settings.argon2, settings.hashing)
    create_user = CreateUser(clock, entropy)
    register = RegisterUser(users, create_user, accounts, audit)
    notice = SendNotice(outbox)
    text_postage = TextPostage(db, attempts, Tally(clock, keyring), audit)
    our_codes = CodesOfOurs(db, tickets)
    text_codes = our_codes if remote_verification is None else CodesOfProvider(db, tickets, remote_verification)
    email_guesses = GuessCode(db, attempts, our_codes, InvalidEmailCode, TooManyGuesses)
    text_guesses = GuessCode(db, attempts, text_codes, InvalidTextCode, TooManyTextGuesses)
    code_to_enter = MailToEnter(db, users, register, codes.mail, Purpose.EMAIL_CODE)
    texts = SendText(tickets, codes, outbox, text_postage, remote_verification)
    newcomers = TextNewcomers(db, register, texts)
    prove_number = ProveNumber(users, tickets, register, notice, audit, clock)
    set_password = SetPassword(users, revoke, tickets, notice, audit, clock, guesses)
    first_proof = FirstProof(users, tickets, revoke, audit, clock)
    prove = ProveAddress(users, tickets, first_proof)
    change_address = ChangeAddress(users, create_user, tickets, revoke, notice, audit, clock)
    link_to_enter = MailToEnter(db, users, register, letters, Purpose.SIGN_IN_LINK)
    deanonymize = Deanonymize(db, users, create_user, revoke, audit, clock)
    return Parts(
        keyring=keyring,
        audit=audit,
        outbox=outbox,
        attempts=attempts,
        guesses=guesses,
        key_sets=key_sets,
        catalog=catalog,
        tickets=tickets,
        users=users,
        accounts=accounts,
        refresh_secrets=secrets,
        live_sessions=LiveSessions(db, clock),
        revoke_sessions=revoke,
        continue_imported=ContinueImported(db, clock, users, issue, audit),
        finish=finish,
        send_code=codes,
        send_letter=letters,
        postage=postage,
        challenges=challenges,
        keep_passkey=keep_passkey,
        enter_with_passkey=enter,
        hashing=hashing,
        vet_password=VetPassword(leaks),
        create_user=create_user,
        register=register,
        send_notice=notice,
        text_postage=text_postage,
        email_guesses=email_guesses,
        text_guesses=text_guesses,
        entry_by_code=EntryByMail(db, users, postage, code_to_enter),
        send_text=texts,
        text_newcomers=newcomers,
        prove_number=prove_number,
        set_password=set_password,
        first_proof=first_proof,
        prove_address=prove,
        change_address=change_address,
        entry_by_link=EntryByMail(db, users, postage, link_to_enter),
        deanonymize=deanonymize,
    )


def configured_key(jwt: ConfiguredJwt) -> SigningKey:
    """Return the key that HASURA_GRAPHQL_JWT_SECRET configures. Raises: ValueError when it is no usable key."""
    if jwt.signing_key is not None:
        return signing_key_from_pem(jwt.kid, jwt.algorithm, jwt.signing_key.reveal().encode())
    return signing_key_from_secret(SharedSecret(jwt.algorithm, jwt.key.reveal().encode(), jwt.kid))
