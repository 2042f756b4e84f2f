"""Looking for what is wrong: models that judge what they have not seen, and steps from there."""
