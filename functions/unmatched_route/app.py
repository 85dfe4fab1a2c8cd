"""Everything no other function serves: 404 for an unknown path, 405 for a known one with another method."""

from campanile import http, routes

handler = http.refusing(routes.unmatched)
