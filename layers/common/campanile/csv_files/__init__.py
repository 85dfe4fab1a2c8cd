"""From bytes to rows and back, for files of any program."""
