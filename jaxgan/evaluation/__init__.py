"""Looks at the average generator: pictures, features, metrics beside their floors."""
