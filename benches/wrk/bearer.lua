-- A gateway check of a random token.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  bench.prepare(bench.rows("tokens.txt"), function(token, number)
    local headers = bench.as_proxied({ ["Authorization"] = "Bearer " .. token[1] }, number)
    return wrk.format("GET", "/auth/verify", headers)
  end)
end
