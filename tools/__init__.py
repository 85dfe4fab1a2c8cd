"""Developer and operator command lines; nothing here is deployed."""
