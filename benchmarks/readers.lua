-- The usual mix of readers, for wrk: 40 % articles, 25 % the front page, 20 % searches, 10 % facets and the timeline,
-- 5 % small CSV files.
--   ulimit -v 8000000; REVIERSPIEGEL_HOME=… revierspiegel serve &
--   wrk --threads 2 --connections 50 --duration 60s --latency --timeout 20s --script benchmarks/readers.lua http://127.0.0.1:8001
local articles = tonumber(os.getenv("ARTICLES") or "100000")
local words = { "Bedburg", "Bergheim", "Grundwasser", "Abw%C3%A4rme", "Rechenzentrum", "Umspannwerk", "Seekabel",
  "Kampfmittel", "Feldhamster", "Microsoft", "Microsoft+Wasser", "%22Rheinischen+Revier%22", "Stromnetz",
  "Kohlepolitik", "Gewerbegebiet", "Klimaminister", "Windkraftausbau", "Planungsverband", "L%C3%A4rmgutachten" }
local facets = { "/timeline", "/timeline?year=2025", "/archive/articles?_facet=lang", "/archive/articles?kind=company",
  "/search?q=Bedburg&kind=government", "/search?q=Grundwasser&lang=en" }
local files = { "/export.csv?q=Seekabel", "/archive/articles.csv?id__lt=91", "/archive/articles.csv?id__gt=99910" }
local place = 0

function setup(thread)
  place = place + 1
  thread:set("seed", place)
end

function init()
  math.randomseed(seed)
end

local function any(list)
  return list[math.random(#list)]
end

function request()
  local dice = math.random(100)
  if dice <= 40 then return wrk.format("GET", "/article/" .. math.random(articles)) end
  if dice <= 65 then return wrk.format("GET", "/") end
  if dice <= 85 then return wrk.format("GET", "/search?q=" .. any(words)) end
  if dice <= 95 then return wrk.format("GET", any(facets)) end
  return wrk.format("GET", any(files))
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format("p50 %.2f s, p95 %.2f s, p99 %.2f s, longest %.2f s; not 200: %d, timeouts: %d, broken: %d",
    latency:percentile(50) / 1e6, latency:percentile(95) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6,
    errors.status, errors.timeout, errors.connect + errors.read + errors.write))
end
