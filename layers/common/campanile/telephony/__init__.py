"""The telephony port and its adapters."""
