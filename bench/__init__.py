"""Measures requests per second against what this machine can do at all, in the same run.

`python -m bench` is `make bench`, `python -m bench scale` is `make bench-scale`; docs/performance.md explains both.
"""
