"""The emulated AWS on this machine: MiniStack, DynamoDB Local, and the product deployed on it."""
