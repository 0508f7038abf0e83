"""What the API and the pages share as servers: who may connect, from where, how much may be sent and how slowly."""
