"""What professionals and companies offer."""
