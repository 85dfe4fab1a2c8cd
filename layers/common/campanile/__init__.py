"""Campanile: outbound calling campaigns, deployed into your own AWS account."""
