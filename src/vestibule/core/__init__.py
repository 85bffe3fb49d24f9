"""The domain, cut by feature. Knows no HTTP, no dialect and no environment."""
