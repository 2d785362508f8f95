"""What gunicorn serves: `gunicorn wsgi:app`."""

from matcher import create_app
from matcher.config import Settings
from matcher.migrate import upgrade

settings = Settings.from_env()
upgrade(settings.database_url)
app = create_app(settings)
