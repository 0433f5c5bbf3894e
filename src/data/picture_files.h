// What a folder holds: pictures, and folders of classes.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace signflip {

/// The files in `folder` with a picture's ending, in any case, by name; hidden ones count for
/// nothing.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder);

/// Pictures in formats that are not read: .tif, .webp and others.
std::vector<std::filesystem::path> unread_pictures(const std::filesystem::path& folder);

/// "2 pictures are not read, such as signs/a.tif: expected PNG, …", of all folders together; empty
/// where there is none.
std::string unread_remark(std::span<const std::filesystem::path> folders);

/// The folders in `folder`, by name; hidden ones count for nothing.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

}  // namespace signflip
