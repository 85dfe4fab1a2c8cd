"""OSVI's routes (seed 004): the same campaigns and contacts, with OSVI's credential, errors and bodies."""
