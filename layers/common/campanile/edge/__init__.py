"""The edge: HTTP, queues and schedule, credentials, settings, and the one composition root."""
