"""Pages for people: HTML from templates, never a domain rule."""
