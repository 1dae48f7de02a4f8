-- The bare handler that everything is compared with.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  bench.prepare({ {} }, function()
    return wrk.format("GET", "/")
  end)
end
