"""The edge: HTTP, triggers, credentials, settings, and the one composition root."""
