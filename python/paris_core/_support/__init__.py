"""What all rooms use: checks of arguments, memory, files, signals. Knows nothing of pruning."""
