"""The development mailbox at `/_/mail`: shows what would have been sent. Mounted with `--dev` only."""
