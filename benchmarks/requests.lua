-- Requests of wrk. Arguments: method, path, body, bearer token, spread of {random}, first value of {n}.
local method, path, body, token, spread, n
local headers = {}

function init(arguments)
  method, path, body, token = arguments[1], arguments[2], arguments[3], arguments[4]
  spread, n = tonumber(arguments[5]), tonumber(arguments[6])
  math.randomseed(7)
  if body ~= "" then headers["Content-Type"] = "application/json" end
  if token ~= "" then headers["Authorization"] = "Bearer " .. token end
end

function request()
  local chosen = tostring(math.random(spread))
  local function fill(text)
    return (text:gsub("{random}", chosen):gsub("{n}", tostring(n)))
  end
  n = n + 1
  return wrk.format(method, fill(path), headers, body ~= "" and fill(body) or nil)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
