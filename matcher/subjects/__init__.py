"""Topics (subjects, themes, sectors) and levels, with a Dutch and English thesaurus."""
