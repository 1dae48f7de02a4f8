-- A token grant: a random key by HTTP Basic.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  bench.prepare(bench.rows("keys.tsv"), function(key)
    local headers = {
      ["Authorization"] = "Basic " .. key[3],
      ["Content-Type"] = "application/x-www-form-urlencoded",
      ["User-Agent"] = "python-requests/2.32.5",
    }
    return wrk.format("POST", "/auth/token", headers, "grant_type=client_credentials")
  end)
end
