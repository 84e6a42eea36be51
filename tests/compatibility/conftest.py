"""The peers' scripts run in environments of their own: they are not tests, nor modules to import here."""

collect_ignore_glob = ["peers/*"]
