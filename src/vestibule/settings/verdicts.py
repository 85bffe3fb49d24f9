"""Says of every name that is set whether it is used here, and if not, why: what `config check --explain` shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from vestibule.settings import checks, nhost, own
from vestibule.settings.environ import Reader, Variable
from vestibule.settings.explain import every_variable, masked
from vestibule.settings.nhost.unused import SWITCHES, UNUSED, why_unused
from vestibule.settings.process import DEV
from vestibule.settings.urls import MASK

_FAMILIES: Final = (own.PREFIX, "AUTH_", "HASURA_GRAPHQL_", "POSTGRES_")
_SMS: Final = "AUTH_SMS_"


class Use(StrEnum):
    """What becomes of a name."""

    USED = "used"
    IGNORED = "ignored"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    FOREIGN = "not ours"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One name: its value (masked where it may be secret), where it was set, what it does here or why nothing."""

    name: str
    use: Use
    value: str
    origin: str
    why: str


def verdicts(reader: Reader, *, is_dev: bool) -> list[Verdict]:
    """Return a verdict for each name that is set, ours first; `reader` has read everything and knows what is wrong.

    Of the environment, which holds much that has nothing to do with us, only names of our families are told.
    """
    declared = {variable.name: variable for variable in every_variable()}
    idle = dict(_idle(reader, is_dev=is_dev))
    order = {name: at for at, name in enumerate(declared)}
    found = (_verdict(reader, name, declared.get(name), idle) for name in _names(reader))
    return sorted(found, key=lambda verdict: (order.get(verdict.name, len(order)), verdict.name))


def _names(reader: Reader) -> set[str]:
    return {
        name
        for layer in reader.layers
        if layer.origin != DEV
        for name, value in layer.values.items()
        if value.strip() and (layer.origin != "the environment" or name.startswith(_FAMILIES))
    }


def _verdict(
    reader: Reader,
    name: str,
    variable: Variable[Any] | None,  # Any: of every type
    idle: dict[str, str],
) -> Verdict:
    written = reader.written(name) or ""
    value = MASK if variable is None else masked(variable, written)

    def say(use: Use, why: str) -> Verdict:
        return Verdict(name, use, value, reader.origin(name), why)

    wrong = "; ".join(str(problem).removeprefix(f"{name} ") for problem in reader.problems if problem.variable == name)
    known = variable is not None or name in UNUSED or name in SWITCHES
    if wrong and known:
        return say(Use.WRONG, wrong)
    if variable is None and name in UNUSED:
        return say(Use.IGNORED, why_unused(name))
    if variable is None:
        nearest = checks.meant(name)
        mine = nearest or name.startswith((own.PREFIX, "AUTH_"))
        return say(Use.UNKNOWN, nearest or "is not a setting") if mine else say(Use.FOREIGN, "another program's")
    if not variable.used:
        return say(Use.IGNORED, why_unused(name))
    return say(Use.IGNORED, idle[name]) if name in idle else say(Use.USED, variable.about)


def _idle(reader: Reader, *, is_dev: bool) -> Iterator[tuple[str, str]]:
    """Yield the names that mean nothing beside what else is set, each with the reason."""
    yield from _outdone(reader, own.database.DATABASE_URL, nhost.server.POSTGRES, nhost.server.HASURA_DATABASE)
    yield from _outdone(reader, own.serving.PORT, nhost.server.PORT)
    if reader.is_set(own.keys.SECRET_KEYS):
        yield nhost.tokens.ENCRYPTION_KEY.name, f"{own.keys.SECRET_KEYS.name} is set"
    if not reader.is_set(nhost.tokens.CUSTOM_CLAIMS):
        for variable in (nhost.tokens.CUSTOM_CLAIMS_DEFAULTS, nhost.tokens.GRAPHQL_URL, nhost.tokens.ADMIN_SECRET):
            yield variable.name, f"{nhost.tokens.CUSTOM_CLAIMS.name} is unset, and nothing else is asked of Hasura"
    yield from _mail(reader)
    yield from _texts(reader, is_dev=is_dev)
    yield from _providers(reader)
    for switch, variables in _SWITCHED:
        if not reader.get(switch):
            for variable in variables:
                yield variable.name, f"{switch.name} is not on"


_SWITCHED: Final[tuple[tuple[Variable[bool], tuple[Variable[Any], ...]], ...]] = (  # Any: of every type
    (
        nhost.limits.RATE_LIMIT_ENABLE,
        (nhost.limits.EMAIL_IS_GLOBAL, *(variable for pair in nhost.limits.RATE_LIMITS.values() for variable in pair)),
    ),
    (
        nhost.ways_in.WEBAUTHN_ENABLED,
        (
            nhost.ways_in.WEBAUTHN_RP_ID,
            nhost.ways_in.WEBAUTHN_RP_NAME,
            nhost.ways_in.WEBAUTHN_ORIGINS,
            nhost.ways_in.WEBAUTHN_TIMEOUT,
        ),
    ),
    (nhost.ways_in.MFA_ENABLED, (nhost.ways_in.TOTP_ISSUER,)),
    (nhost.users.GRAVATAR_ENABLED, (nhost.users.GRAVATAR_DEFAULT, nhost.users.GRAVATAR_RATING)),
)

_SMTP_ONLY: Final[tuple[Variable[Any], ...]] = (  # Any: of every type
    nhost.mail.SMTP_PORT,
    nhost.mail.SMTP_SECURE,
    nhost.mail.SMTP_USER,
    nhost.mail.SMTP_METHOD,
    nhost.mail.SMTP_API_HEADER,
    own.mail.SMTP_STARTTLS,
    own.mail.SMTP_CA_FILE,
)


def _outdone(reader: Reader, *names: Variable[Any]) -> Iterator[tuple[str, str]]:  # Any: of one type
    chosen = reader.first(*names)
    yield from ((variable.name, f"{chosen.name} is used instead") for variable in names if variable is not chosen)


def _mail(reader: Reader) -> Iterator[tuple[str, str]]:
    host = reader.get(nhost.mail.SMTP_HOST)
    if not host:
        for variable in (*_SMTP_ONLY, nhost.mail.SMTP_PASS, nhost.mail.SMTP_SENDER, own.mail.POSTMARK_TEMPLATES):
            yield variable.name, f"{nhost.mail.SMTP_HOST.name} is unset, so no mail leaves"
    elif host == "postmark":
        for variable in _SMTP_ONLY:
            yield variable.name, f"{nhost.mail.SMTP_HOST.name} is postmark: mail goes to its API, not by SMTP"
    else:
        yield own.mail.POSTMARK_TEMPLATES.name, f"{nhost.mail.SMTP_HOST.name} is not postmark"


def _texts(reader: Reader, *, is_dev: bool) -> Iterator[tuple[str, str]]:
    chosen = reader.get(nhost.texts.SMS_PROVIDER)
    for provider in ("twilio", "modica", "generic", "dev"):
        if provider == chosen or (provider == "dev" and is_dev):
            continue
        for variable in nhost.texts.ALL:
            if variable.name.startswith(f"{_SMS}{provider.upper()}_"):
                yield variable.name, f"{nhost.texts.SMS_PROVIDER.name} is {chosen}"


def _providers(reader: Reader) -> Iterator[tuple[str, str]]:
    switches = [variable for variable in nhost.providers.ALL if variable.name.endswith("_ENABLED")]
    for switch in switches:
        if not reader.get(switch):
            beginning = switch.name.removesuffix("ENABLED")
            for variable in nhost.providers.ALL:
                # ID tokens of an application need no sign-in by redirect.
                if variable.name.startswith(beginning) and not variable.name.endswith("_AUDIENCE"):
                    yield variable.name, f"{switch.name} is not on"
