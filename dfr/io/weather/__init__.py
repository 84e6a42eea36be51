"""Weather reports and forecasts: METAR, TAF and hourly forecasts. Start from `files.with_weather`."""
