"""May I look?

``make_app`` builds the web application; ``serve`` runs it in this process. It is offline and
bilingual, works on the bundled data at once, and on the user's own records in a folder that is
private to it. Rules about districts, directories and orders live in the rooms of the library: a
page asks a question (``app.question``) and shows the answer.
"""

import os

# Said before Arrow is loaded: its own pool holds on to some 50 MB that reading has freed.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
