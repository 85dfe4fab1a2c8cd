"""Everything in the table: keys, the table itself, the conditions, and one module per entity."""
