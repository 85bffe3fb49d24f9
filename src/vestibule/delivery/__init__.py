"""Takes messages out of the outbox, renders and sends them: SMTP, or the mailbox page while developing."""
