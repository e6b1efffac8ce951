"""Streamlit pieces that pages share. They draw; `evalcore` computes."""
