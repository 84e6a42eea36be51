"""Pages and pictures that need no network: the report, the brief, maps, charts and JUnit XML."""
