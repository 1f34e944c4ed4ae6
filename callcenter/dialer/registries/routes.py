"""Routes of registries and areas."""

from callcenter.dialer.registries import api, pages
from callcenter.kernel.component import Route

DNC = "dnc.edit"

ROUTES = (
    Route("GET", "/do-not-call/registries", pages.registries, DNC),
    Route("POST", "/do-not-call/registries", pages.create, DNC),
    Route("POST", "/do-not-call/registries/load", pages.load, DNC),
    Route("POST", "/do-not-call/registries/{code}/remove", pages.remove, DNC),
    Route("POST", "/do-not-call/loads/{id}/cancel", pages.cancel, DNC),
    Route("GET", "/do-not-call/areas", pages.areas, DNC),
    Route("POST", "/do-not-call/areas", pages.block_area, DNC),
    Route("POST", "/do-not-call/areas/{id}/remove", pages.allow_area, DNC),
    Route("GET", "/api/v1/registries", api.registries, DNC),
    Route("POST", "/api/v1/registries", api.create, DNC),
    Route("DELETE", "/api/v1/registries/{code}", api.remove, DNC),
    Route("POST", "/api/v1/registries/{code}/loads", api.load, DNC),
    Route("GET", "/api/v1/registry-loads/{id}", api.load_state, DNC),
    Route("DELETE", "/api/v1/registry-loads/{id}", api.cancel, DNC),
    Route("GET", "/api/v1/blocked-areas", api.areas, DNC),
    Route("POST", "/api/v1/blocked-areas", api.block_area, DNC),
    Route("DELETE", "/api/v1/blocked-areas/{id}", api.allow_area, DNC),
)
