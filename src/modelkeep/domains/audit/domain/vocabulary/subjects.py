"""The forms of subjects: what events are about."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import SubjectForm

_NAMESPACE: Final = "[a-z0-9][a-z0-9._-]*"
_MODEL: Final = f"{_NAMESPACE}/[A-Za-z0-9][A-Za-z0-9._-]*"

NAMESPACE: Final = SubjectForm("`namespace`", _NAMESPACE, placed=True)
MODEL: Final = SubjectForm("`namespace/model`", _MODEL, placed=True)
VERSION: Final = SubjectForm("`namespace/model:version`", f"{_MODEL}:[0-9A-Za-z.+-]+", placed=True)
ALIAS: Final = SubjectForm("`namespace/model@alias`", f"{_MODEL}@[A-Za-z][A-Za-z0-9._-]*", placed=True)
SCOPE: Final = SubjectForm(
    "`*` (the registry), `namespace` or `namespace/model`", rf"\*|{_NAMESPACE}|{_MODEL}", placed=True
)
GROUP: Final = SubjectForm("id of the group", "[0-9a-z-]+")
ANYTHING: Final = SubjectForm("any of the forms of subjects", "(?s).+")
ROLE: Final = SubjectForm("name of the role", "[A-Za-z][A-Za-z0-9_.-]*")
PRINCIPAL: Final = SubjectForm("id of the principal", "[0-9a-z-]+")
SUBSCRIPTION: Final = SubjectForm("id of the subscription", "[0-9a-f-]{36}")
JOB: Final = SubjectForm("id of the job", "[0-9a-f-]{36}")
