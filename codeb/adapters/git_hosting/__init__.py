"""A git hosting service with a REST API like GitHub's."""
