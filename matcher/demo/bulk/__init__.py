"""Large generated worlds: plain rows written in bulk, equal to what the verbs of the service would have left."""
