"""The Python SDK of Vestibule: typed calls, a synchronous and an asynchronous client, and token verification."""

from typing import Final

__all__ = ["__version__"]

__version__: Final = "0.1.0"
