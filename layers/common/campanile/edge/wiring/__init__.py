"""The one composition root, in parts: cached factories for everything that does I/O. Importing a part does nothing.

A function imports the part that its work needs, so a cold start loads no more.
"""
