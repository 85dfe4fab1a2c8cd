"""The dialer: whom to call next, and one call from LOCK to PLACED."""
