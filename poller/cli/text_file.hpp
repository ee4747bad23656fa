// Files that a command writes.
#pragma once

#include <filesystem>
#include <string_view>

namespace poller::cli {

// ConfigError where the folder that is to hold a file does not exist: asked before the work, not after it.
void require_folder_of(const std::filesystem::path &file);

// The whole text or, with an error, nothing: what was there before stays until the new text is on the disk.
void write_file(const std::filesystem::path &file, std::string_view text);

}  // namespace poller::cli
