"""What the columns of a table hold, and why that is thought."""
