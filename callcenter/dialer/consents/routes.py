"""Routes of consents."""

from callcenter.dialer.consents import api, pages
from callcenter.dialer.registries import api as registries_api
from callcenter.kernel.component import Route

EDIT = "consents.edit"

ROUTES = (
    Route("GET", "/consents", pages.consents, EDIT),
    Route("POST", "/consents", pages.record, EDIT),
    Route("POST", "/consents/load", pages.load, EDIT),
    Route("POST", "/consents/{id}/revoke", pages.revoke, EDIT),
    Route("GET", "/api/v1/consents", api.consents, EDIT),
    Route("POST", "/api/v1/consents", api.record, EDIT),
    Route("POST", "/api/v1/consents/loads", registries_api.load, EDIT),
    Route("POST", "/api/v1/consents/{id}/revoke", api.revoke, EDIT),
)
