"""The room's route table, rights and places in the rail."""

from pathlib import Path

from callcenter.dialer import api, pages
from callcenter.dialer.campaigns import editor, running, simulating
from callcenter.dialer.company.routes import ROUTES as COMPANY_ROUTES
from callcenter.dialer.consents.routes import ROUTES as CONSENT_ROUTES
from callcenter.dialer.lists.routes import ROUTES as LIST_ROUTES
from callcenter.dialer.permissions import PERMISSIONS
from callcenter.dialer.registries.routes import ROUTES as REGISTRY_ROUTES
from callcenter.dialer.trunks.routes import ROUTES as TRUNK_ROUTES
from callcenter.dialer.why import api as why_api
from callcenter.dialer.why import pages as why_pages
from callcenter.kernel.component import Component, MenuItem, Route
from callcenter.kernel.i18n import marked

VIEW, EDIT, RUN = "campaigns.view", "campaigns.edit", "campaigns.run"
LEADS, DNC, OWN = "leads.view", "dnc.edit", "callbacks.own"

ROUTES = (
    *TRUNK_ROUTES,
    *LIST_ROUTES,
    *REGISTRY_ROUTES,
    *CONSENT_ROUTES,
    *COMPANY_ROUTES,
    Route("GET", "/campaigns", running.campaigns, VIEW),
    Route("GET", "/campaigns/new", editor.new_campaign, EDIT),
    Route("POST", "/campaigns/new", editor.create_campaign, EDIT),
    Route("POST", "/campaigns/new/summary", editor.show_summary, EDIT),
    Route("POST", "/campaigns/imports/{id}/cancel", pages.cancel_import, EDIT),
    Route("GET", "/campaigns/{id}", running.campaign, VIEW),
    Route("GET", "/campaigns/{id}/edit", editor.edit_campaign, EDIT),
    Route("POST", "/campaigns/{id}/edit", editor.save_campaign, EDIT),
    Route("POST", "/campaigns/{id}/summary", editor.show_summary, EDIT),
    Route("GET", "/campaigns/new/forecast", simulating.forecast, EDIT),
    Route("GET", "/campaigns/{id}/forecast", simulating.forecast, EDIT),
    Route("GET", "/campaigns/{id}/simulate", simulating.simulate, EDIT),
    Route("POST", "/campaigns/{id}/simulate/cancel", simulating.cancel, EDIT),
    Route("POST", "/campaigns/{id}/step", running.step, RUN),
    Route("GET", "/campaigns/{id}/lists", editor.show_lists, EDIT),
    Route("GET", "/campaigns/{id}/leads/{lead}", why_pages.lead, LEADS),
    Route("GET", "/campaigns/{id}/why", why_pages.campaign, VIEW),
    Route("GET", "/do-not-call", pages.do_not_call, DNC),
    Route("POST", "/do-not-call", pages.forbid, DNC),
    Route("POST", "/do-not-call/{id}/remove", pages.allow, DNC),
    Route("GET", "/callbacks", pages.callbacks, OWN),
    Route("POST", "/callbacks/{id}/close", pages.close_callback, OWN),
    Route("GET", "/api/v1/campaigns", api.campaigns, VIEW),
    Route("POST", "/api/v1/campaigns", api.create_campaign, EDIT),
    Route("GET", "/api/v1/campaigns/{id}", api.campaign, VIEW),
    Route("PUT", "/api/v1/campaigns/{id}", api.edit_campaign, EDIT),
    Route("POST", "/api/v1/campaigns/{id}/step", api.step, RUN),
    Route("PUT", "/api/v1/campaigns/{id}/agents", api.set_agents, EDIT),
    Route("PUT", "/api/v1/campaigns/{id}/results", api.set_results, EDIT),
    Route("POST", "/api/v1/campaigns/{id}/lists", api.import_list, EDIT),
    Route("GET", "/api/v1/campaigns/{id}/leads", api.leads, LEADS),
    Route("GET", "/api/v1/campaigns/{id}/leads/{lead}/why", why_api.lead, LEADS),
    Route("GET", "/api/v1/campaigns/{id}/why", why_api.campaign, VIEW),
    Route("GET", "/api/v1/imports/{id}", api.import_job, VIEW),
    Route("DELETE", "/api/v1/imports/{id}", api.cancel_import, EDIT),
    Route("GET", "/api/v1/callbacks", api.callbacks, OWN),
    Route("POST", "/api/v1/callbacks", api.add_callback, OWN),
    Route("POST", "/api/v1/callbacks/{id}", api.close_callback, OWN),
    Route("POST", "/api/v1/callbacks/{id}/postpone", api.postpone_callback, OWN),
    Route("GET", "/api/v1/do-not-call", api.do_not_call, DNC),
    Route("POST", "/api/v1/do-not-call", api.forbid, DNC),
    Route("DELETE", "/api/v1/do-not-call/{id}", api.allow, DNC),
)

COMPONENT = Component(
    name="dialer",
    routes=ROUTES,
    permissions=PERMISSIONS,
    menu=(
        MenuItem(marked("Campaigns"), "/campaigns", "mega", VIEW, 40),
        MenuItem(marked("Callbacks"), "/callbacks", "back", OWN, 45),
    ),
    templates=Path(__file__).parent / "templates",
)
