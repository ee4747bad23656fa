// A file that embed_folder() (embed.cmake) compiled in.
#pragma once

#include <span>
#include <string_view>

namespace poller {

struct EmbeddedFile {
    std::string_view name;
    std::string_view content;
};

}  // namespace poller
