// GET /openapi.json: what the interface offers, as an OpenAPI 3.1 document (openapi.json beside this file).
#pragma once

#include "poller/api/endpoint.hpp"

namespace poller::api {

void add_openapi_to(Endpoints &endpoints);

}  // namespace poller::api
