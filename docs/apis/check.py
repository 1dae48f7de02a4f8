"""Checks an access token by itself: python3 check.py < token

Needs PyJWT with cryptography: pip install 'pyjwt[crypto]'
"""

import json
import os
import sys

import jwt

# The public URL of Keyledge, and what your operator set as --audience.
ISSUER = os.environ.get("KEYLEDGE_ISSUER", "https://keys.example.com")
AUDIENCE = os.environ.get("KEYLEDGE_AUDIENCE", ISSUER)
# Never what the token itself says. ["RS256"] where the operator chose that, both while one follows the other.
ALGORITHMS = ["ES256"]
# Seconds by which the clocks may differ.
LEEWAY = 30

# One for the whole process: it keeps the keys for as long as Keyledge allows, and fetches them anew for an unknown kid.
KEYS = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, timeout=5)


def check(token):
    """The claims of a good token.

    Raises jwt.PyJWKClientConnectionError when the keys cannot be fetched (answer 503), and another jwt.PyJWTError when
    the token is no good (answer 401).
    """
    decoded = jwt.decode_complete(
        token,
        KEYS.get_signing_key_from_jwt(token),
        algorithms=ALGORITHMS,
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=LEEWAY,
        options={"require": ["iss", "aud", "exp", "sub", "client_id"]},
    )
    # PyJWT does not look at the type.
    if str(decoded["header"].get("typ")).lower().removeprefix("application/") != "at+jwt":
        raise jwt.InvalidTokenError("The type is not at+jwt")
    return decoded["payload"]


if __name__ == "__main__":
    try:
        claims = check(sys.stdin.read().strip())
    except jwt.PyJWKClientConnectionError as error:
        print(f"Cannot check: {error}", file=sys.stderr)
        sys.exit(2)
    except jwt.PyJWTError as error:
        print(f"Refused: {error}", file=sys.stderr)
        sys.exit(1)
    # The permissions that the token carries; there may be none.
    scope = claims.get("scope", "").split()
    print(json.dumps({"sub": claims["sub"], "client_id": claims["client_id"], "scope": scope}))
