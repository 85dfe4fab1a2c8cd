"""The use cases of campaigns, their configurations and agents."""
