# Asterisk with the product's configuration, written at each start by `callcenter pbx write`. What changes while
# it runs comes from the telephony process, through the volume that both have.
FROM debian:sid-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends asterisk asterisk-modules python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/callcenter
COPY requirements/run.txt requirements/run.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY callcenter callcenter
COPY crm crm
COPY agent_ui agent_ui
COPY reports reports
COPY asterisk-config asterisk-config
RUN useradd --uid 1000 --home-dir /srv/callcenter callcenter \
    && install -d -o callcenter -g callcenter /var/lib/callcenter/pbx
USER callcenter
ENV PYTHONPATH=/srv/callcenter TZ=UTC
EXPOSE 15060/udp 15038 18088 20000-20199/udp
CMD ["sh", "-c", "/opt/venv/bin/python -P -m callcenter pbx write && exec asterisk -C /var/lib/callcenter/pbx/etc/asterisk.conf -f -n"]
