"""The lab: toy games that train live in the browser, each by the project's own step."""
