"""OSVI's routes (seed 004): its credential, its errors and its bodies around the same campaigns and contacts."""
