"""Heat to depth profile: interdiffusion of a coating with its host."""
