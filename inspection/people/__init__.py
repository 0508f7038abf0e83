"""Who may do what, and who did what: people with roles and passwords, their sessions, and the audit log."""
