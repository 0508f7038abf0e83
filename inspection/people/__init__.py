"""Who may do what, and who did what: people with roles and passwords, their sessions, and the audit log.

Without web pages: `roles` holds the table of permissions, `passwords` is argon2's home, `registry` keeps people and
their sessions, `throttle` slows down who guesses, `audit` is the log that is only ever added to, `recipe_drafts` keeps
recipes until a second person releases them.
"""
