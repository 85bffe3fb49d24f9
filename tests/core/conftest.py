"""The fixtures of tests/support/cores.py."""

from tests.support.cores import under_test

__all__ = ["under_test"]
