"""Protections that ask somebody else over HTTP: whether a captcha was solved, whether a password has leaked.

What asks stands elsewhere and knows a protocol only: a door's guard, the core's rules on passwords.
"""
