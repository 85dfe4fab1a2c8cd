"""The use cases of imports: from a dropped or uploaded file to stored contacts and a report."""
