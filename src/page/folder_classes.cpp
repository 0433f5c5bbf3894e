#include "page/folder_classes.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/concat.h"
#include "core/number.h"

namespace signflip {
namespace {

/// Each folder's place among all of them, by name.
std::vector<int> places_by_name(std::span<const std::string> folders) {
  std::vector<std::size_t> order(folders.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return folders[a] < folders[b]; });
  std::vector<int> places(folders.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    places[order[place]] = static_cast<int>(place);
  }
  return places;
}

/// "\"cat\", \"dog\" and 8 more".
std::string shown(std::span<const std::string> classes) {
  constexpr std::size_t kShown = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, classes.size()); ++i) {
    text += concat(i == 0 ? "" : ", ", "\"", classes[i], "\"");
  }
  if (classes.size() > kShown) text += concat(" and ", classes.size() - kShown, " more");
  return text;
}

}  // namespace

Result<std::vector<int>> classes_of_folders(std::span<const std::string> folders,
                                            std::span<const std::string> classes) {
  const auto class_named = [&](const std::string& name) -> std::optional<int> {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) return std::nullopt;
    return static_cast<int>(found - classes.begin());
  };
  const auto class_numbered = [&](const std::string& name) -> std::optional<int> {
    const auto number = parse_whole(name);
    if (!number || static_cast<std::size_t>(*number) >= classes.size()) return std::nullopt;
    return number;
  };
  const auto all = [&](const auto& find) {
    return std::all_of(folders.begin(), folders.end(),
                       [&](const auto& name) { return find(name).has_value(); });
  };
  std::vector<int> found;
  if (all(class_named)) {
    for (const std::string& name : folders) found.push_back(*class_named(name));
  } else if (all(class_numbered)) {
    for (const std::string& name : folders) found.push_back(*class_numbered(name));
  } else if (are_plain_numbers(classes) && folders.size() == classes.size()) {
    found = places_by_name(folders);
  } else {
    const auto stranger = std::find_if(folders.begin(), folders.end(),
                                       [&](const auto& name) { return !class_named(name); });
    return Error{concat("the folder \"", *stranger, "\" is called by none of the model's ",
                        classes.size(), " classes: ", shown(classes))};
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto twin =
        std::find(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(i), found[i]);
    if (twin == found.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    return Error{concat("the folders \"", folders[static_cast<std::size_t>(twin - found.begin())],
                        "\" and \"", folders[i], "\" are both class ", found[i])};
  }
  return found;
}

}  // namespace signflip
