-- The Profile page of a signed-in user with 10 keys.
local bench = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "bench.lua")

function init()
  bench.prepare(bench.rows("cookie.txt"), function(cookie)
    return wrk.format("GET", "/profile", { ["Cookie"] = cookie[1], ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64)" })
  end)
end
