"""What is for the holder alone: an inbox, consents, what is offered before being asked."""
