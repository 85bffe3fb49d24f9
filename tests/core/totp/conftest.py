"""Users with a second factor."""

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.second_factor import Holder, holder, newcomer

EMAIL = "ann@example.com"


@pytest.fixture
async def ann(under_test: CoreUnderTest) -> Holder:
    """Somebody who has turned the second factor on; her letters of that time are taken out of the outbox."""
    one = await holder(under_test, EMAIL)
    await under_test.letters()
    return one


@pytest.fixture
async def bob(under_test: CoreUnderTest) -> Holder:
    """Somebody without a second factor."""
    return await newcomer(under_test, "bob@example.com")
