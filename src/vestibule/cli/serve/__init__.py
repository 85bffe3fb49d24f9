"""`vestibule serve`: one process, or a supervisor with workers. Light to import, the supervisor is nothing else."""
