-- A gateway check of a random key by HTTP Basic.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  bench.prepare(bench.rows("keys.tsv"), function(key, number)
    local headers = bench.as_proxied({ ["Authorization"] = "Basic " .. key[3] }, number)
    return wrk.format("GET", "/auth/verify", headers)
  end)
end
