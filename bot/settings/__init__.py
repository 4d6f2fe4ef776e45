"""Settings of the environment, and the sentence for each thing that can be wrong with them."""
