# The program alone, run by a user without rights; config.toml and sessions/ are mounted into /data.
# `make build` makes the image, `make run` or `docker compose up` runs it.

# The one base image; `make pin` writes the digest of what it is today behind the name.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# LOCK=tools: with what servers of tools need.
ARG LOCK=run
RUN python -m venv /opt/userbot
# Every package by its hash from the locks; those change seldom, so these layers are kept.
COPY requirements requirements
RUN pip install --no-deps --require-hashes -r requirements/build.txt \
    && pip wheel --no-deps --no-build-isolation --require-hashes -r requirements/${LOCK}.txt \
        --wheel-dir wheels \
    && /opt/userbot/bin/pip install --no-deps --no-index wheels/*.whl
COPY pyproject.toml README.md LICENSE ./
COPY userbot userbot
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir built . \
    && /opt/userbot/bin/pip install --no-deps --no-index built/*.whl

FROM ${BASE}
ENV PATH="/opt/userbot/bin:$PATH" HOME=/data PYTHONUNBUFFERED=1
COPY --from=build /opt/userbot /opt/userbot
WORKDIR /data
USER 1000:1000
# Exec form: signals reach the program, which finishes its answers before it leaves.
ENTRYPOINT ["userbot"]
CMD ["run"]
