"""The endpoint contract, written once for every dialect: declare, decode, authenticate, limit, answer, describe.

A dialect imports its words from here; `app.build_app` mounts the dialects and gives an ASGI application.
"""

from vestibule.wire.answers import Answer, Html, PlainText, RawBody, Redirect, Reply, Script
from vestibule.wire.app import Mount, WireSettings, build_app
from vestibule.wire.call import Call, Headers
from vestibule.wire.cookies import Cookie
from vestibule.wire.cors import AnyOrigin, CorsPolicy, EchoOrigin, ListedOrigins
from vestibule.wire.declaration import CREDENTIAL_REFUSALS, FORM, JSON, AuthScheme, Endpoint
from vestibule.wire.dialect import Dialect, MountError, WireError
from vestibule.wire.failures import InternalError
from vestibule.wire.limits import Limit, LimitSettings

__all__ = [
    "CREDENTIAL_REFUSALS",
    "FORM",
    "JSON",
    "Answer",
    "AnyOrigin",
    "AuthScheme",
    "Call",
    "Cookie",
    "CorsPolicy",
    "Dialect",
    "EchoOrigin",
    "Endpoint",
    "Headers",
    "Html",
    "InternalError",
    "Limit",
    "LimitSettings",
    "ListedOrigins",
    "Mount",
    "MountError",
    "PlainText",
    "RawBody",
    "Redirect",
    "Reply",
    "Script",
    "WireError",
    "WireSettings",
    "build_app",
]
