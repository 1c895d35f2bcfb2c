"""Second wing: passages become scores, topics and prevalence."""
