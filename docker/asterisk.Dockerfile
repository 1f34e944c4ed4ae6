# Asterisk with the product's configuration, written from `asterisk-config/` and the database at each start.
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
COPY docker/asterisk_entrypoint.py docker/asterisk_entrypoint.py
RUN useradd --uid 1000 --home-dir /srv/callcenter callcenter \
    && install -d -o callcenter -g callcenter /var/lib/callcenter/pbx
USER callcenter
ENV PYTHONPATH=/srv/callcenter TZ=UTC
EXPOSE 15060/udp 15038 18088 20000-20199/udp
CMD ["/opt/venv/bin/python", "-P", "docker/asterisk_entrypoint.py"]
