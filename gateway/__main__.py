"""`python -m gateway` is `ponte`."""

from gateway.cli import main

main(prog_name="ponte")
