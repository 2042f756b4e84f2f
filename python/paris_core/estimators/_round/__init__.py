"""What a round does: it trains, judges and deletes."""
