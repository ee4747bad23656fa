-- For wrk: one report again and again, with the bearer key of the environment.
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("KEY") or "")

function done(summary, latency, _)
    io.write(string.format('{"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"not_2xx":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
