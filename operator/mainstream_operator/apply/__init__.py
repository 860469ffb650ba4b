"""Makes what exists what is desired, and sends runners the URLs that they lack."""
