"""The registers (cadastros): what the operadora decides once."""
