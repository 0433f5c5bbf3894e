#include "data/picture_files.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>
#include <string_view>

#include "core/concat.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRead[] = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm"};
constexpr std::string_view kUnread[] = {".tif",  ".tiff", ".gif", ".webp", ".heic", ".heif",
                                        ".avif", ".jxl",  ".jp2", ".svg",  ".tga",  ".psd"};

bool ends_in(const fs::path& path, std::span<const std::string_view> endings) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(endings, ending) != endings.end();
}

/// What lies in `folder` and `counts`, by name; hidden entries count for nothing.
template <class Counts>
std::vector<fs::path> entries_in(const fs::path& folder, Counts counts) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with('.')) continue;
    if (counts(path, error)) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<fs::path> picture_files(const fs::path& folder) {
  return entries_in(folder, [](const fs::path& path, std::error_code& error) {
    return ends_in(path, kRead) && fs::is_regular_file(path, error);
  });
}

std::vector<fs::path> unread_pictures(const fs::path& folder) {
  return entries_in(folder, [](const fs::path& path, std::error_code& error) {
    return ends_in(path, kUnread) && fs::is_regular_file(path, error);
  });
}

std::string unread_remark(std::span<const fs::path> folders) {
  std::size_t count = 0;
  std::string first;
  for (const fs::path& folder : folders) {
    const auto files = unread_pictures(folder);
    if (count == 0 && !files.empty()) first = files[0].string();
    count += files.size();
  }
  if (count == 0) return {};
  return concat(count, count == 1 ? " picture is not read, " : " pictures are not read, such as ",
                first, ": expected PNG, JPEG, BMP or PPM");
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  return entries_in(folder, [](const fs::path& path, std::error_code& error) {
    return fs::is_directory(path, error);
  });
}

}  // namespace signflip
