"""What every room may lean on: time, chance, refusals, ids and secrets. Imports nothing else of ours."""
