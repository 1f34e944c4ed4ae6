"""Settings from a file and from variables, and what is said about wrong ones."""

from ipaddress import ip_network

import pytest

from callcenter import config
from callcenter.config import SettingsError


def test_trusted_proxies_are_a_list_in_a_variable() -> None:
    settings = config.load(None, {"CALLCENTER_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"})

    assert config.trusted_networks(settings) == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))


@pytest.mark.parametrize("wrong", ["nginx", "10.0.0.1/8", "10.0.0.0/33"])
def test_a_trusted_proxy_that_is_no_address_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(SettingsError, match=f"trusted_proxies: .*{wrong}"):
        config.load(None, {"CALLCENTER_TRUSTED_PROXIES": wrong})
