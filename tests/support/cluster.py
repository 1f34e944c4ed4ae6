"""The company in its distributed form: three processes over PostgreSQL and Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import free_port
from tests.support.service import Company, Service, running_company


@dataclass(frozen=True, slots=True)
class Cluster:
    """`company.service` is the process with the pages."""

    company: Company
    telephony: Service
    worker: Service


@asynccontextmanager
async def running_cluster(folder: Path, database_url: str, redis_url: str) -> AsyncIterator[Cluster]:
    """One process a role, started in no particular order."""
    async with running_company(
        folder, database_url=database_url, redis_url=redis_url, roles="web"
    ) as company:
        others = [
            Service(folder, company.service.settings, role, free_port()) for role in ("telephony", "worker")
        ]
        try:
            for service in others:
                await service.start()
            yield Cluster(company, *others)
        finally:
            for service in (*others, company.service):
                service.stop()
