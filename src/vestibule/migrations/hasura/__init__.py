"""What Hasura reads: our users in Nhost's schema `auth`, copied into its tables or shown by views. PostgreSQL only."""

from vestibule.migrations.hasura.changes import HasuraRefused, create_mirror, create_views, remove_mirror, remove_views

__all__ = ["HasuraRefused", "create_mirror", "create_views", "remove_mirror", "remove_views"]
