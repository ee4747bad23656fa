-- For wrk: webhook events, each of its own and signed. Settings come from the environment: SIGNATURE is hmac or none,
-- SECRET the key, PROJECTS how many items the events are about, DELAY_MS how long each connection waits on average before a request,
-- PREPARED how many requests are made before the run begins: making them would take processor time from the servers.
local ffi = require("ffi")
ffi.cdef [[
unsigned char *HMAC(const void *md, const void *key, int key_length, const unsigned char *data, size_t length,
                    unsigned char *digest, unsigned int *digest_length);
const void *EVP_sha256(void);
]]
local crypto = ffi.load("libcrypto.so.3")
local secret = os.getenv("SECRET") or ""
local signed = os.getenv("SIGNATURE") == "hmac"
local projects = tonumber(os.getenv("PROJECTS") or "1000")
local sha256 = crypto.EVP_sha256()
local digest = ffi.new("unsigned char[32]")

local function signature(body)
    crypto.HMAC(sha256, secret, #secret, body, #body, digest, nil)
    local hex = {}
    for i = 0, 31 do
        hex[i + 1] = string.format("%02x", digest[i])
    end
    return "sha256=" .. table.concat(hex)
end

local body_of = '{"event":{"app":"monday","type":"update_column_value","triggerTime":"2026-11-05T17:52:53.186Z",'
    .. '"subscriptionId":4667,"isRetry":false,"userId":6721,"originalTriggerUuid":null,"boardId":77867,"groupId":"topics",'
    .. '"pulseId":%d,"pulseName":"Developer","columnId":"status_mk1","columnType":"color","columnTitle":"Status",'
    .. '"value":{"label":{"index":0,"text":"Working on it","style":{"color":"#fdab3d","border":"#e99729",'
    .. '"var_name":"orange"},"is_done":false},"post_id":null},"previousValue":null,"changedAt":1793901173.386279,'
    .. '"isTopGroup":true,"triggerUuid":"%s"}}'

local threads = 0
function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local run = os.getenv("RUN") or tostring(os.time())
local function make(count)
    local body = string.format(body_of, 1000000 + count % projects, run .. "-" .. number .. "-" .. count)
    local headers = { ["Content-Type"] = "application/json" }
    if signed then
        headers["X-Hub-Signature-256"] = signature(body)
    end
    return wrk.format("POST", nil, headers, body)
end

local prepared = {}
function init(_)
    for count = 1, tonumber(os.getenv("PREPARED") or "0") do
        prepared[count] = make(count)
    end
end

local sent = 0
function request()
    sent = sent + 1
    return prepared[sent] or make(sent)
end

local delay_ms = tonumber(os.getenv("DELAY_MS") or "0")
if delay_ms > 0 then
    -- Not all at once: they come from many people.
    function delay()
        return math.random(0, 2 * delay_ms)
    end
end

function done(summary, latency, _)
    io.write(string.format('{"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"not_2xx":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
