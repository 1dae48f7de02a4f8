-- What all kinds of work share: each draws its requests at random from prepared ones and ends with a line for
-- scripts/bench. The functions that wrk calls are global.

local bench = {}

local threads = 0
local requests = {}

-- The folder that `load seed` filled.
local folder = os.getenv("BENCH_FOLDER")

-- The lines of a file in that folder, each as a list of its fields.
function bench.rows(name)
  local rows = {}
  for line in io.lines(folder .. "/" .. name) do
    local row = {}
    for field in line:gmatch("[^\t]+") do
      row[#row + 1] = field
    end
    rows[#rows + 1] = row
  end
  return rows
end

-- Prepares one request for each row: `make` is given the row and its number.
function bench.prepare(rows, make)
  math.randomseed(bench_seed)
  for number, row in ipairs(rows) do
    requests[number] = make(row, number)
  end
end

-- What a proxy adds when it asks about its caller's request.
function bench.as_proxied(headers, number)
  headers["User-Agent"] = "python-requests/2.32.5"
  headers["X-Forwarded-For"] = "198.51.100." .. (number % 254 + 1)
  headers["X-Forwarded-Host"] = "api.example.com"
  headers["X-Forwarded-Method"] = "GET"
  headers["X-Forwarded-Proto"] = "https"
  headers["X-Forwarded-Uri"] = "/journals/" .. number .. "?page=2"
  return headers
end

function setup(thread)
  threads = threads + 1
  thread:set("bench_seed", threads)
end

function request()
  return requests[math.random(#requests)]
end

-- requests, requests/s, p50, p99 and longest in microseconds, answers of status 400 and above, socket errors, bytes an
-- answer
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    "result %d %.0f %.0f %.0f %.0f %d %d %.0f",
    summary.requests,
    summary.requests * 1000000 / summary.duration,
    latency:percentile(50),
    latency:percentile(99),
    latency.max,
    errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    summary.bytes / summary.requests
  ))
end

return bench
