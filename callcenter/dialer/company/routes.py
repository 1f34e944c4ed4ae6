"""Routes of the company's rules."""

from callcenter.dialer.company import pages
from callcenter.kernel.component import Route

EDIT = "campaigns.edit"

ROUTES = (
    Route("GET", "/do-not-call/company", pages.rules, EDIT),
    Route("POST", "/do-not-call/company", pages.save, EDIT),
    Route("GET", "/api/v1/dial-rules", pages.told, EDIT),
    Route("PUT", "/api/v1/dial-rules", pages.put, EDIT),
)
