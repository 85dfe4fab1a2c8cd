"""Every request and response of the API, one file a subject."""
