"""The composition root: the only place that constructs collaborators and ties them together.

`cores` builds the use-cases, `application` the whole server; importing this package imports neither.
"""
