// What a folder holds: pictures, and folders of classes.
#pragma once

#include <filesystem>
#include <vector>

namespace signflip {

/// The files in `folder` with a picture's ending, in any case, by name; hidden ones count for
/// nothing.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder);

/// The folders in `folder`, by name; hidden ones count for nothing.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

}  // namespace signflip
