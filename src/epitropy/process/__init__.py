"""The front half as answers of its own: recipe sheet, profiles with bands, maps, scans, leave-one-out."""
