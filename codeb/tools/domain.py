"""domain_setup, domain_list, domain_delete. Spec section 6, security 7."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from codeb.domain.access import Role
from codeb.domain.domains import DnsRecord, Domain, Found
from codeb.domain.names import EnvironmentName
from codeb.domain.records import iso
from codeb.services.domains import Looked
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams, Params, ProjectName
from codeb.tools.plan import planned
from codeb.tools.results import Record, where
from codeb.tools.tool import Lane, Tool

HostText = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class SetupParams(EnvironmentParams, DryRun):
    domain: HostText = Field(description="a name of your own DNS, such as www.example.org")
    ssl: bool = Field(default=True, description="ignored: every domain has a certificate")


class ListParams(Params):
    project_name: ProjectName | None = None
    environment: EnvironmentName | None = None


class DeleteParams(EnvironmentParams, DryRun):
    domain: HostText


def setup(call: Call, params: SetupParams) -> Record:
    """Claim a domain for a project, or look at its DNS again; it is served once the TXT record proves it yours."""
    environment, use = call.environment(params), call.services.domains
    if params.dry_run:
        looked, there = use.plan(environment, params.domain, call.actor)
        return planned(*_plan(looked, there=there), data=_record(call, looked.domain), **_dns(looked))
    looked = use.setup(environment, params.domain, call.actor)
    return {
        "data": _record(call, looked.domain),
        "changed": looked.changed,
        "message": _message(looked),
        **_dns(looked),
    }


def listed(call: Call, params: ListParams) -> Record:
    """The domains of a project, or of every project that the key sees: the generated ones and those of your own."""
    if params.project_name is not None:
        names = [call.project(params.project_name).name]
    else:
        names = [project.name for project in call.projects()]
    found = [
        domain
        for domain in call.services.domains.of_projects(names)
        if params.environment in (None, domain.environment.name)
    ]
    return {"domains": [_record(call, domain) for domain in found], "total": len(found)}


def delete(call: Call, params: DeleteParams) -> Record:
    """Take a domain of your own from a project; its generated names stay. Once it is gone there is nothing to do."""
    environment, use = call.environment(params), call.services.domains
    record = {"domain": params.domain, **where(environment)}
    if params.dry_run:
        there = use.deletable(environment, params.domain)
        return planned("nothing: it is not there" if there is None else f"take {there.host} from the site", **record)
    changed = use.delete(environment, params.domain, call.actor)
    return {**record, "changed": changed, "message": "it is gone" if changed else "nothing: it is not there"}


def _record(call: Call, domain: Domain) -> Record:
    record = {
        "domain": domain.host,
        "type": "subdomain" if domain.generated else "custom",
        "kind": str(domain.type),
        "target": where(domain.environment),
        "ssl": call.services.settings.tls != "off",
        "records": [_dns_record(record) for record in call.services.domains.records(domain)],
        "status": str(domain.status),
        "createdAt": iso(domain.created_at),
    }
    return {**record, "verifiedAt": iso(domain.verified_at)} if domain.verified_at else record


def _dns_record(record: DnsRecord) -> Record:
    return {"type": record.type, "name": record.name, "content": record.content, "ttl": record.ttl}


def _dns(looked: Looked) -> Record:
    """What was found and what is wrong with it. The texts of others at the proof's name are nobody's business."""
    found: Found = looked.found
    answers = {"addresses": list(found.addresses), "aliases": list(found.aliases), "proven": looked.proven}
    return {"dns": answers, "problems": list(looked.problems)}


def _message(looked: Looked) -> str:
    host = looked.domain.host
    if not looked.domain.active:
        return f"{host} is claimed and waits for its proof; set the records, it is looked at again by itself"
    if looked.problems:
        return f"{host} is proven and served; visitors reach it when its DNS is right"
    return f"{host} is served"


def _plan(looked: Looked, *, there: bool) -> list[str]:
    host = looked.domain.host
    if looked.domain.active:
        return [f"nothing: {host} is served already"]
    claim = [] if there else [f"claim {host}"]
    if looked.proven:
        return [*claim, f"serve {host}: it is proven"]
    return [*claim, f"wait for the TXT record that proves {host}"] if claim else ["nothing: it waits for its proof"]


TOOLS: tuple[Tool[Any], ...] = (
    Tool("domain_setup", "domain.setup", Role.MEMBER, SetupParams, setup, Lane.REMOTE, ("setup_domain",)),
    Tool("domain_list", "domain.view", Role.VIEWER, ListParams, listed),
    Tool("domain_delete", "domain.delete", Role.ADMIN, DeleteParams, delete, Lane.CHANGE),
)
