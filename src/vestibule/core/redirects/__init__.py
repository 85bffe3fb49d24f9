"""Redirect targets: one validator for every link and redirect that carries somebody away from here."""

from vestibule.core.redirects.allow_list import AllowList, allow_list_of, allowed_target
from vestibule.core.redirects.target import Target, is_url, parse_target

__all__ = ["AllowList", "Target", "allow_list_of", "allowed_target", "is_url", "parse_target"]
