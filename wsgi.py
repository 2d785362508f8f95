"""What gunicorn serves: `gunicorn wsgi:app`."""

from matcher import create_app
from matcher.config import Settings
from matcher.reference import prepare

settings = Settings.from_env()
prepare(settings.database_url, newest_data=True)
app = create_app(settings)
