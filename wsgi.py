"""What gunicorn serves: `gunicorn wsgi:app`."""

import sys

from matcher import create_app
from matcher.config import Settings
from matcher.errors import MatcherError
from matcher.reference import prepare

try:
    settings = Settings.from_env()
    prepare(settings.database_url, newest_data=True)
    app = create_app(settings)
except MatcherError as error:
    # A sentence instead of a page of code; gunicorn stops when its workers cannot start.
    sys.exit(f"Error: {error}")
