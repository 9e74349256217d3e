"""What is measured, and against what. Run by hand; nothing here is a test."""
