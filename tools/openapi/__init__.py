"""Writes the OpenAPI document and the reference page from the code."""
