"""What all pages share: frame, session, notices, pictures."""
