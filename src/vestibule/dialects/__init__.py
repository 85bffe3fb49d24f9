"""One folder per wire API: each translates between its clients and the core, and knows no other."""
