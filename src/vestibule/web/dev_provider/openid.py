"""The provider as OAuth 2 and OpenID Connect have it, Apple's answer by form included.

A browser is sent back only once client and redirect URI are known to belong together: everything that is wrong before
that is said on a page.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal

import msgspec

from vestibule.core.signing import Algorithm
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.web.dev_provider import pages
from vestibule.web.dev_provider.clients import Client, Clients
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.grants import Asked, AuthorizeQuery, Grant, as_known
from vestibule.web.dev_provider.id_tokens import IdTokens, profile
from vestibule.web.dev_provider.memory import Kept
from vestibule.web.dev_provider.people import Person
from vestibule.web.dev_provider.saying import Said, in_json, oauth_error, sent_to
from vestibule.web.dev_provider.tokens import CODE, HYBRID, TokenEndpoint, TokenForm

_ANSWER_LIFE: Final = timedelta(minutes=30)  # how long the page may stay open
_MODES: Final = frozenset({None, "query", "form_post"})
_SCOPES: Final = ("openid", "profile", "email", "name", "offline_access")
_MARKUP: Final = "<img src=x onerror=\"document.title='reflected'\"><script>document.title='reflected'</script>"
_ELSEWHERE: Final = "https://elsewhere.example"


class OpenIdProvider:
    """One issuer; `clients` are registered with it. It is slow for `slowness` when that is the fault."""

    def __init__(
        self,
        issuer: str,
        clients: Sequence[Client],
        *,
        clock: Clock,
        entropy: Entropy,
        algorithm: Algorithm = Algorithm.RS256,
        slowness: timedelta = timedelta(seconds=20),
    ) -> None:
        self.issuer = issuer
        self._clients = Clients(clients)
        self._clock = clock
        self._algorithm = algorithm
        self._id_tokens = IdTokens(issuer, clock, algorithm)
        self._asked: Kept[tuple[Client, AuthorizeQuery]] = Kept(clock, entropy, _ANSWER_LIFE)
        self._tokens = TokenEndpoint(
            f"{issuer}/token", self._clients, self._id_tokens, clock=clock, entropy=entropy, slowness=slowness
        )

    def discovery(self) -> Said:
        """Say what there is (OpenID Connect Discovery section 3)."""
        return in_json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": [CODE, HYBRID],
                "response_modes_supported": ["query", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [self._algorithm.value],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": _SCOPES,
                "claims_supported": ["sub", "name", "email", "email_verified"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def key_set(self) -> Said:
        """Say which key signs."""
        return in_json(self._id_tokens.key_set)

    def request(self, query: AuthorizeQuery) -> Asked | Said:
        """Take a browser that comes with a request: ask the person, or say what is wrong with the request."""
        client = self._clients.find(query.client_id)
        if client is None:
            return pages.problem("No such client", "The client_id is not registered here.")
        if query.redirect_uri not in client.redirect_uris:
            return pages.problem("Not its redirect URI", "The redirect_uri is not one that the client has registered.")
        problem = _problem(client, query)
        if problem is not None:
            code, description = problem
            return self._back(query, {"error": code, "error_description": description})
        return Asked(self._asked.put((client, query)), client, query.login_hint)

    def approve(self, ticket: str, person: Person, fault: Fault | None = None) -> Said:
        """Send the browser back with a code for `person`."""
        kept = self._asked.take(ticket)
        if kept is None:
            return pages.problem("This page is over", "Go back to where you came from and start again.")
        client, query = kept
        if fault is Fault.ERROR_REDIRECT:
            return self._back(query, {"error": "access_denied", "error_description": _MARKUP})
        grant = Grant(
            client=client,
            redirect_uri=query.redirect_uri or "",
            scopes=frozenset(query.scope.split()),
            nonce=query.nonce,
            code_challenge=query.code_challenge,
            person=person,
            fault=fault,
            at=self._clock.now(),
        )
        code = self._tokens.code_for(grant)
        answer = {"code": code}
        if query.response_type == HYBRID:
            answer["id_token"] = self._id_tokens.issue(grant, code=code)
        if query.response_mode == "form_post":
            answer |= _named(person, grant.scopes)
        return self._back(query, answer, fault)

    def decline(self, ticket: str) -> Said:
        """Send the browser back without anything."""
        kept = self._asked.take(ticket)
        if kept is None:
            return pages.problem("This page is over", "Go back to where you came from and start again.")
        _, query = kept
        return self._back(query, {"error": "access_denied", "error_description": "The person said no"})

    def token(self, form: TokenForm, authorization: str | None, *, redirected: bool = False) -> Said:
        """Give tokens for a code or a refresh token; see TokenEndpoint."""
        return self._tokens(form, authorization, redirected=redirected)

    def userinfo(self, authorization: str | None) -> Said:
        """Say who the access token stands for (OpenID Connect Core section 5.3)."""
        scheme, _, token = (authorization or "").partition(" ")
        grant = self._tokens.grant_of(token) if scheme.lower() == "bearer" else None
        if grant is None:
            challenge = ("WWW-Authenticate", 'Bearer error="invalid_token"')
            return oauth_error("invalid_token", "The access token is unknown or over", 401, challenge)
        claims = profile(as_known(grant.person, grant.fault), grant.scopes)
        return in_json({**claims, "sub": "somebody-else"} if grant.fault is Fault.OTHER_SUBJECT else claims)

    def _back(self, query: AuthorizeQuery, answer: Mapping[str, str], fault: Fault | None = None) -> Said:
        state = "a-state-of-its-own" if fault is Fault.FOREIGN_STATE else query.state
        issuer = _ELSEWHERE if fault is Fault.MIX_UP else self.issuer
        parameters = {**answer, **({} if state is None else {"state": state}), "iss": issuer}
        target = query.redirect_uri or ""
        return pages.posting(target, parameters) if query.response_mode == "form_post" else sent_to(target, parameters)


def _problem(client: Client, query: AuthorizeQuery) -> tuple[str, str] | None:
    """Return the error and its words (RFC 6749 section 4.1.2.1), None when there is nothing to complain of."""
    problem: tuple[Literal["invalid_request", "unsupported_response_type"], str] | None = None
    if query.response_type not in {CODE, HYBRID}:
        problem = "unsupported_response_type", "response_type is code, or code id_token"
    elif query.response_mode not in _MODES:
        problem = "invalid_request", "response_mode is query or form_post"
    elif query.response_type == HYBRID and (query.response_mode != "form_post" or not query.nonce):
        problem = "invalid_request", "code id_token needs response_mode=form_post and a nonce"
    elif query.code_challenge is None and client.needs_pkce:
        problem = "invalid_request", "code_challenge is missing"
    elif query.code_challenge is not None and query.code_challenge_method != "S256":
        problem = "invalid_request", "code_challenge_method is S256"
    return problem


def _named(person: Person, scopes: frozenset[str]) -> dict[str, str]:
    """Return the member in which Apple tells the name, in the form and nowhere else."""
    if "name" not in scopes:
        return {}
    first, _, last = person.name.partition(" ")
    user: dict[str, object] = {"name": {"firstName": first, "lastName": last}}
    if person.email is not None:
        user["email"] = person.email
    return {"user": msgspec.json.encode(user).decode()}
