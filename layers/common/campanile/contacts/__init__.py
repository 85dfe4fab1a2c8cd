"""The use cases of contacts: upsert, list, export, deletion."""
