"""Projects, their clients and their service keys: who is asking, before anybody signs in."""

from vestibule.core.projects.catalog import Catalog
from vestibule.core.projects.model import (
    DEFAULT_PROJECT,
    Client,
    Gravatar,
    Policy,
    Project,
    ServiceKey,
    TokenTerms,
    Visit,
    WebAuthn,
)
from vestibule.core.projects.registry import NewClient, NewProject, Registry
from vestibule.core.projects.relying_party import complaints, wrong_with_origin
from vestibule.core.projects.service_keys import IssuedServiceKey, ServiceKeys

__all__ = [
    "DEFAULT_PROJECT",
    "Catalog",
    "Client",
    "Gravatar",
    "IssuedServiceKey",
    "NewClient",
    "NewProject",
    "Policy",
    "Project",
    "Registry",
    "ServiceKey",
    "ServiceKeys",
    "TokenTerms",
    "Visit",
    "WebAuthn",
    "complaints",
    "wrong_with_origin",
]
