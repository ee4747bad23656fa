// The page for people at /: files that were built in, served as they are. They hold no data and are open to everybody;
// what the page shows it asks for like any other program.
#pragma once

#include "poller/api/endpoint.hpp"

namespace poller::web {

void add_page_to(api::Endpoints &endpoints);

}  // namespace poller::web
