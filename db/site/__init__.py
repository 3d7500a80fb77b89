"""Datasette loads a library of units that takes as long as all the rest of it; no column has a unit, so it has none."""

import sys
from types import ModuleType

units = ModuleType("datasette.vendored.pint")
vars(units)["UnitRegistry"] = lambda: None
sys.modules.setdefault(units.__name__, units)
