"""How the classes of the extension module go through ``pickle``: as their bytes or text."""

import copyreg

from ._native import Bandit, Bundle, Engine, Model, Playbook, Search, Study

copyreg.pickle(Playbook, lambda playbook: (Playbook.parse, (playbook.text,)))
copyreg.pickle(Model, lambda model: (Model.from_bytes, (model.to_bytes(),)))
copyreg.pickle(Study, lambda study: (Study.from_json, (study.to_json(),)))
copyreg.pickle(Search, lambda search: (Search.from_json, (search.to_json(),)))
copyreg.pickle(Bundle, lambda bundle: (Bundle.from_bytes, (bundle.to_bytes(),)))
copyreg.pickle(Engine, lambda engine: (Engine.restore, (engine.bundle, engine.snapshot())))
copyreg.pickle(Bandit, lambda bandit: (Bandit.from_json, (bandit.to_json(),)))
