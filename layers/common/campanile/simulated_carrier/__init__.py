"""The simulated carrier: a deployable part that behaves like a telephony provider but calls nobody."""
