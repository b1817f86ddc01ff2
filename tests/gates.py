"""Policies with gates, for tests."""

import json
from typing import Any

from modelkeep.app.bootstrap import Services
from modelkeep.domains.governance import NewAssignment
from modelkeep.kernel.identity import Actor

CEL: dict[str, Any] = {"id": "good", "kind": "cel", "config": {"expression": "metrics.auc >= 0.9"}}
EXTERNAL: dict[str, Any] = {"id": "load-test", "kind": "external"}


def gated(*gates: dict[str, Any], name: str = "gated") -> dict[str, Any]:
    """Return the document of a policy that asks these gates on the way from Draft to Production."""
    return {
        "name": name,
        "stages": [
            {"name": "Draft"},
            {"name": "Staging"},
            {"name": "Production", "exclusive": True, "replaced_to": "Draft"},
        ],
        "moves": [
            {"from": "Draft", "to": "Staging", "approvals": {"steps": [{"role": "TEAM_LEAD"}]}},
            {"from": "Draft", "to": "Production", "gates": list(gates or (CEL, EXTERNAL))},
        ],
    }


def govern(services: Services, actor: Actor, *gates: dict[str, Any], scope: str = "*") -> None:
    """Publish such a policy, and assign it."""
    services.governance.policies.publish(actor, json.dumps(gated(*gates)))
    services.governance.policies.assign(actor, NewAssignment(scope, "gated"))
