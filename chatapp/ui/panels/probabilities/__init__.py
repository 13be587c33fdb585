"""Why the model wrote each token: the text coloured by it, one token's alternatives, the course of a reply."""
