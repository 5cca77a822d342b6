"""Creates the data of an empty InvenioRDM: tables, indices, vocabularies, four people and their tokens.

Usage: bootstrap.py FILES_FOLDER TOKENS_FILE
"""

import json
import re
import sys
from pathlib import Path

import yaml
from flask import current_app
from flask.cli import ScriptInfo
from flask_security.confirmable import confirm_user
from flask_security.utils import hash_password
from invenio_access.models import ActionRoles
from invenio_access.permissions import system_identity
from invenio_access.proxies import current_access
from invenio_accounts.models import User
from invenio_accounts.proxies import current_datastore
from invenio_app.cli import cli
from invenio_app.factory import create_app
from invenio_db import db
from invenio_oauth2server.models import Token
from invenio_oauth2server.proxies import current_oauth2server
from invenio_rdm_records import fixtures
from invenio_rdm_records.fixtures.vocabularies import PrioritizedVocabulariesFixtures
from invenio_users_resources.services.users.tasks import reindex_users

PACKAGED = Path(fixtures.__file__).parent / "data" / "vocabularies"
PEOPLE = {
    "admin": "Alice Admin",
    "researcher": "Rosa Researcher",
    "curator": "Carl Curator",
    "reader": "Rita Reader",
}
# Vocabularies with thousands of entries are shortened, or the first start would take many minutes: pid type, file, whom to keep.
SHORTENED = {
    "languages": ("lng", "languages.yaml", lambda entries: [e for e in entries if e.get("props", {}).get("alpha_2")]),
    "affiliations": ("aff", "affiliations_ror.yaml", lambda entries: entries),
    "names": ("names", "names_orcid.yaml", lambda entries: entries[:40] + EXTRA_NAMES),
    "funders": ("fun", "funders.yaml", lambda entries: entries),
    "code:programmingLanguages": ("pl", "contrib/codemeta/programming_languages.yaml", lambda entries: entries[:60]),
}
EXTRA_NAMES = [
    {
        "id": "0000-0002-1825-0097",
        "given_name": "Josiah",
        "family_name": "Carberry",
        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
        "affiliations": [{"id": "01ggx4157"}],
    }
]


def load_vocabularies():
    folder = Path(current_app.instance_path) / "app_data"
    folder.mkdir(exist_ok=True)
    index = {}
    for name, (pid_type, file, keep) in SHORTENED.items():
        entries = keep(yaml.safe_load((PACKAGED / file).read_text()) or [])
        index[name] = {"pid-type": pid_type, "data-file": Path(file).name}
        (folder / Path(file).name).write_text(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False))
    # In this order: names refer to affiliations.
    (folder / "vocabularies.yaml").write_text(yaml.safe_dump(index, sort_keys=False))
    PrioritizedVocabulariesFixtures(
        system_identity,
        app_data_folder=folder,
        pkg_data_folder=PACKAGED.parent,
        filename="vocabularies.yaml",
        delay=False,
    ).load()


def stub_assets():
    """An empty file for every script and style sheet. Without a manifest each page, error pages included, ends in an exception."""
    used = set()
    for template in Path(fixtures.__file__).parents[2].glob("invenio_*/**/*.html"):
        used.update(re.findall(r"""webpack\[\s*['"]([^'"]+)['"]\s*\]""", template.read_text()))
    folder = Path(current_app.static_folder) / "dist"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {name: f"/static/dist/empty{Path(name).suffix}" for name in sorted(used)}
    for url in set(manifest.values()):
        (folder / Path(url).name).touch()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def create_people(tokens_file):
    admin = current_datastore.create_role(id="admin", name="admin", description="Administrators")
    db.session.commit()
    for action in ("superuser-access", "administration-access"):
        db.session.add(ActionRoles.allow(current_access.actions[action], role_id=admin.id))
    lines = [f"INVENIO_URL={current_app.config['SITE_UI_URL']}"]
    scopes = [name for name, _ in current_oauth2server.scope_choices()]
    for username, full_name in PEOPLE.items():
        user = current_datastore.create_user(
            email=f"{username}@example.org",
            username=username,
            password=hash_password("123456"),
            active=True,
            user_profile={"full_name": full_name, "affiliations": "Institute of Examples"},
            preferences={"visibility": "public", "email_visibility": "public"},
        )
        if username == "admin":
            current_datastore.add_role_to_user(user, admin)
        confirm_user(user)
        db.session.commit()
        token = Token.create_personal("tests", user.id, scopes=scopes)
        db.session.commit()
        lines.append(f"{username.upper()}_TOKEN={token.access_token}")
    reindex_users([user.id for user in User.query.all()])
    tokens_file.write_text("\n".join(lines) + "\n")
    tokens_file.chmod(0o600)


def main(files_folder, tokens_file):
    app = create_app()

    def invenio(*args):
        """A command of the `invenio` command line, without making the application anew."""
        print("invenio", *args, flush=True)
        cli.main(args=args, obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)

    invenio("db", "init", "create")
    invenio("files", "location", "create", "--default", "default", files_folder)
    invenio("index", "destroy", "--force", "--yes-i-know")
    invenio("index", "init", "--force")
    invenio("queues", "declare")
    with app.app_context():
        stub_assets()
        load_vocabularies()
        create_people(Path(tokens_file))
    invenio("rdm", "fixtures")


if __name__ == "__main__":
    main(*sys.argv[1:])
