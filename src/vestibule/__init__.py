"""Vestibule: one entrance, several doors. A self-hosted authentication server."""

from typing import Final

__all__ = ["__version__"]

__version__: Final = "0.1.0"
