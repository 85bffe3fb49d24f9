from tests.support.cores import under_test
from tests.support.serving import serve

__all__ = ["serve", "under_test"]
