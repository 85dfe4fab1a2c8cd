"""What Campanile is about, and its rules: pure values and functions that take `now` as an argument."""
