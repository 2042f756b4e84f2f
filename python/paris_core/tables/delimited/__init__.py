"""Tables as text: encoding, dialect, header, records."""
