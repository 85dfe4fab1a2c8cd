"""What lies outside besides the table: queues, the bucket, the clock, identifiers."""
