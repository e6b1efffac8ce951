# docker build -t blindspot .
# docker run --rm -p 127.0.0.1:8501:8501 --read-only --tmpfs /tmp -v blindspot:/cache blindspot
# deploy/README.md says what else there is to know.
FROM python:3.11-slim-bookworm

# The package index has PyTorch for NVIDIA GPUs. The build for the processor, a tenth of its size, comes from an index of PyTorch's own.
ARG TORCH_INDEX
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep ^torch== /tmp/requirements.txt)" \
    && pip install --no-cache-dir -r /tmp/requirements.txt
RUN --mount=type=bind,target=/src pip install --no-cache-dir --no-deps /src

RUN useradd --create-home --uid 1000 blindspot && install --directory --owner blindspot --mode 700 /cache
USER blindspot
WORKDIR /home/blindspot
ENV BLINDSPOT_CACHE=/cache \
    HF_HOME=/cache/huggingface \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
VOLUME /cache
EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
ENTRYPOINT ["blindspot"]
