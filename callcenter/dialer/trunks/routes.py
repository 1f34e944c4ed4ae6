"""Routes of trunks and caller numbers."""

from callcenter.dialer.trunks import api, pages
from callcenter.kernel.component import Route

EDIT = "campaigns.edit"

ROUTES = (
    Route("GET", "/campaigns/lines", pages.lines, EDIT),
    Route("POST", "/campaigns/lines/limits", pages.set_limits, EDIT),
    Route("POST", "/campaigns/lines/pools", pages.save_pool, EDIT),
    Route("POST", "/campaigns/lines/pools/{id}/remove", pages.remove_pool, EDIT),
    Route("POST", "/campaigns/lines/numbers/{id}/wake", pages.wake, EDIT),
    Route("GET", "/api/v1/trunks", api.trunks, EDIT),
    Route("PUT", "/api/v1/trunks", api.set_limits, EDIT),
    Route("GET", "/api/v1/caller-pools", api.pools, EDIT),
    Route("POST", "/api/v1/caller-pools", api.create_pool, EDIT),
    Route("PUT", "/api/v1/caller-pools/{id}", api.save_pool, EDIT),
    Route("DELETE", "/api/v1/caller-pools/{id}", api.remove_pool, EDIT),
    Route("POST", "/api/v1/caller-numbers/{id}/wake", api.wake, EDIT),
)
