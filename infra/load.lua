-- What each caller of infra/load.sh asks: of five requests one raises an issue, the others read. An
-- issue is acknowledged by 201; what is told to come again (503) was not done.
local token = os.getenv("TOKEN")
local reads = { "/api/v1/issues?project=qingke-culvert", "/issues?project=qingke-culvert", "/api/v1/session", "/" }
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
  table.insert(_G.all or (function() _G.all = {}; return _G.all end)(), thread)
end

function init()
  n, made, shed, refused, first = 0, 0, 0, 0, ""
end

function request()
  n = n + 1
  if n % 5 == 0 then
    local body = string.format('{"project":"qingke-culvert","title":"load %d-%d","parties":[{"matter":"traffic_diversion","department":"cc-transport"}]}', id, n)
    return wrk.format("POST", "/api/v1/issues", { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json", ["Idempotency-Key"] = os.getenv("RUN") .. "-" .. id .. "-" .. n }, body)
  end
  local path = reads[n % #reads + 1]
  local headers = { ["Authorization"] = "Bearer " .. token }
  if path:sub(1, 5) ~= "/api/" then headers = { ["Cookie"] = "lianban_session=" .. token } end
  return wrk.format("GET", path, headers)
end

function response(status, headers, body)
  if status == 201 then made = made + 1
  elseif status == 503 then shed = shed + 1
  elseif status ~= 200 then
    refused = refused + 1
    if first == "" then first = status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency, requests)
  local made, shed, refused, first = 0, 0, 0, ""
  for _, thread in ipairs(_G.all) do
    made, shed, refused = made + thread:get("made"), shed + thread:get("shed"), refused + thread:get("refused")
    if first == "" then first = thread:get("first") end
  end
  local e = summary.errors
  io.write(string.format('LOAD {"requests":%d,"seconds":%.1f,"perSecond":%.0f,"p50ms":%.2f,"p99ms":%.2f,"maxms":%.1f,"raised":%d,"shed":%d,"errors":%d,"broken":%d,"first":%q}\n',
    summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    made, shed, refused, e.connect + e.read + e.write + e.timeout, first))
end
