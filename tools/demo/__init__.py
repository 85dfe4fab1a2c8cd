"""The demo: a campaign dialed on this machine, shown in the terminal."""
