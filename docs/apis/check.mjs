// Checks an access token by itself: node check.mjs < token
//
// Needs jose: npm install jose

import { readFileSync } from "node:fs";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

// The public URL of Keyledge, and what your operator set as --audience.
const issuer = process.env.KEYLEDGE_ISSUER ?? "https://keys.example.com";
const audience = process.env.KEYLEDGE_AUDIENCE ?? issuer;
// Never what the token itself says. ["RS256"] where the operator chose that, both while one follows the other.
const algorithms = ["ES256"];

// One for the whole process: it keeps the keys for as long as Keyledge allows, and fetches them anew for an unknown kid.
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer), { cacheMaxAge: 300_000, timeoutDuration: 5_000 });

/** The claims of a good token. Throws `Unavailable` when the keys cannot be fetched (answer 503), and one of jose's errors
 * when the token is no good (answer 401). */
async function check(token) {
  const { payload } = await jwtVerify(token, fetchedKeys, {
    typ: "at+jwt",
    algorithms,
    issuer,
    audience,
    // Seconds by which the clocks may differ.
    clockTolerance: 30,
    requiredClaims: ["exp", "sub", "client_id"],
  });
  return payload;
}

class Unavailable extends Error {}

async function fetchedKeys(header, token) {
  try {
    return await keys(header, token);
  } catch (error) {
    // These are about the token; all others are about the network or what came from there.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) {
      throw error;
    }
    throw new Unavailable("the keys cannot be fetched", { cause: error });
  }
}

try {
  const { sub, client_id, scope = "" } = await check(readFileSync(0, "utf8").trim());
  // The permissions that the token carries; there may be none.
  console.log(JSON.stringify({ sub, client_id, scope: scope.split(" ").filter(Boolean) }));
} catch (error) {
  console.error(error instanceof Unavailable ? `Cannot check: ${error.cause}` : `Refused: ${error.message}`);
  process.exitCode = error instanceof Unavailable ? 2 : 1;
}
