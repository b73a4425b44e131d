"""Tables of one migration, a module for each subject: what several people add at once stays apart."""
