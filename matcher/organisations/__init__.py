"""Schools, companies and boards: membership, verification, import."""
