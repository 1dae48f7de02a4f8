-- The introspection of a random token by one API.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  local introspector = bench.rows("introspector.tsv")[1]
  bench.prepare(bench.rows("tokens.txt"), function(token)
    local headers = {
      ["Authorization"] = "Basic " .. introspector[3],
      ["Content-Type"] = "application/x-www-form-urlencoded",
      ["User-Agent"] = "python-requests/2.32.5",
    }
    return wrk.format("POST", "/auth/introspect", headers, "token=" .. token[1])
  end)
end
