"""Importing: reads the database of a server that users come from, and lets the core settle them."""

from vestibule.importing.report import Skipped, Summary
from vestibule.importing.run import ImportUsers, Watch
from vestibule.importing.sealed import InvalidKey, OldKey
from vestibule.importing.source import OldServer, SourceInterrupted, SourceRefused, SourceUnavailable

__all__ = [
    "ImportUsers",
    "InvalidKey",
    "OldKey",
    "OldServer",
    "Skipped",
    "SourceInterrupted",
    "SourceRefused",
    "SourceUnavailable",
    "Summary",
    "Watch",
]
