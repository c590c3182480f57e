"""How the classes of the extension module go through ``pickle``: as their bytes or text."""

import copyreg

from ._native import Bundle, Engine, Model, Playbook

copyreg.pickle(Playbook, lambda playbook: (Playbook.parse, (playbook.text,)))
copyreg.pickle(Model, lambda model: (Model.from_bytes, (model.to_bytes(),)))
copyreg.pickle(Bundle, lambda bundle: (Bundle.from_bytes, (bundle.to_bytes(),)))
copyreg.pickle(Engine, lambda engine: (Engine.restore, (engine.bundle, engine.snapshot())))
