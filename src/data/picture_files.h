// Which files of a folder are pictures.
#pragma once

#include <filesystem>
#include <vector>

namespace signflip {

/// The files in `folder` with a picture's ending, in any case, by name; hidden ones count for
/// nothing.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder);

}  // namespace signflip
