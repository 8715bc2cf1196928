"""The models that come with the course: training by recipe, ensembles, shipping, export."""
