"""The fixtures of tests/support/mailing.py."""

from tests.support.mailing import enqueue, outbox, outbox_rows, project_id

__all__ = ["enqueue", "outbox", "outbox_rows", "project_id"]
