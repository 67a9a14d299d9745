"""The default model: its data, its training, its weights."""
