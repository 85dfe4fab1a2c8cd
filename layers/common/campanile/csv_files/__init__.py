"""From bytes to rows and back, whatever program wrote the file."""
