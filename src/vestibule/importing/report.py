"""What an import did, in numbers, and one line for each thing that it did not do."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Skipped:
    """A user, or something of theirs, that was not imported; ids and codes only, so the report holds no secrets."""

    user: UUID
    what: str
    why: str


@dataclass(slots=True)
class Summary:
    """How many users the other server has, and what became of them and of what they brought along."""

    total: int = 0
    imported: int = 0
    known: int = 0
    refused: int = 0
    brought: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "total": self.total,
            "imported": self.imported,
            "known": self.known,
            "refused": self.refused,
            "brought": dict(sorted(self.brought.items())),
            "skipped": [
                {"what": what, "why": why, "count": count} for (what, why), count in sorted(self.skipped.items())
            ],
        }
