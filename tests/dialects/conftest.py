"""What the tests of all dialects share."""

from datetime import timedelta
from functools import partial

import pytest

from vestibule.assembly import application
from vestibule.storage import database_from_url


@pytest.fixture(autouse=True)
def patient_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let many at once wait for one another as long as a slow machine takes."""
    monkeypatch.setattr(application, "database_from_url", partial(database_from_url, deadline=timedelta(seconds=60)))
