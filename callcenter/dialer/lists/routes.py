"""The route table of lists, imports and leads."""

from callcenter.dialer.lists import api, pages
from callcenter.kernel.component import Route

VIEW, EDIT, LEADS = "campaigns.view", "campaigns.edit", "leads.view"

ROUTES = (
    Route("GET", "/campaigns/{id}/lists/all", pages.lists, VIEW),
    Route("POST", "/campaigns/{id}/lists/order", pages.save_order, EDIT),
    Route("POST", "/campaigns/{id}/lists/upload", pages.upload, EDIT),
    Route("POST", "/campaigns/lists/{id}", pages.save_list, EDIT),
    Route("POST", "/campaigns/sweeps/{id}/cancel", pages.cancel_sweep, EDIT),
    Route("GET", "/campaigns/imports/{id}", pages.report, VIEW),
    Route("GET", "/campaigns/imports/{id}/setup", pages.setup, EDIT),
    Route("POST", "/campaigns/imports/{id}/setup", pages.save_setup, EDIT),
    Route("POST", "/campaigns/imports/{id}/begin", pages.begin, EDIT),
    Route("POST", "/campaigns/imports/{id}/revert", pages.revert, EDIT),
    Route("GET", "/campaigns/{id}/leads", pages.leads, LEADS),
    Route("POST", "/campaigns/{id}/leads", pages.bulk, EDIT),
    Route("GET", "/api/v1/campaigns/{id}/lists", api.lists, VIEW),
    Route("GET", "/api/v1/campaigns/{id}/order", api.order, VIEW),
    Route("PUT", "/api/v1/campaigns/{id}/order", api.set_order, EDIT),
    Route("POST", "/api/v1/campaigns/{id}/imports", api.upload, EDIT),
    Route("GET", "/api/v1/campaigns/{id}/leads/found", api.leads, LEADS),
    Route("GET", "/api/v1/campaigns/{id}/leads/count", api.count, LEADS),
    Route("POST", "/api/v1/campaigns/{id}/leads/change", api.bulk, EDIT),
    Route("PUT", "/api/v1/lists/{id}", api.edit_list, EDIT),
    Route("POST", "/api/v1/lists/{id}/move", api.move_list, EDIT),
    Route("GET", "/api/v1/sweeps/{id}", api.sweep, VIEW),
    Route("DELETE", "/api/v1/sweeps/{id}", api.cancel_sweep, EDIT),
    Route("PUT", "/api/v1/imports/{id}", api.set_up, EDIT),
    Route("POST", "/api/v1/imports/{id}/begin", api.begin, EDIT),
    Route("POST", "/api/v1/imports/{id}/revert", api.revert, EDIT),
)
