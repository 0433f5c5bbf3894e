// The class names of the datasets that Signflip knows by name.
#include "data/class_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/concat.h"
#include "core/number.h"
#include "data/layouts/layout.h"

namespace signflip {
namespace {

constexpr std::array<std::string_view, 10> kDigits = {"0", "1", "2", "3", "4",
                                                      "5", "6", "7", "8", "9"};

constexpr std::array<std::string_view, 10> kFashion = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

constexpr std::array<std::string_view, 43> kTrafficSigns = {"Speed limit 20 km/h",
                                                            "Speed limit 30 km/h",
                                                            "Speed limit 50 km/h",
                                                            "Speed limit 60 km/h",
                                                            "Speed limit 70 km/h",
                                                            "Speed limit 80 km/h",
                                                            "End of speed limit 80 km/h",
                                                            "Speed limit 100 km/h",
                                                            "Speed limit 120 km/h",
                                                            "No overtaking",
                                                            "No overtaking by lorries",
                                                            "Right of way at the next crossing",
                                                            "Priority road",
                                                            "Give way",
                                                            "Stop",
                                                            "No vehicles",
                                                            "No lorries",
                                                            "No entry",
                                                            "Danger",
                                                            "Bend to the left",
                                                            "Bend to the right",
                                                            "Double bend",
                                                            "Uneven road",
                                                            "Slippery road",
                                                            "Road narrows on the right",
                                                            "Roadworks",
                                                            "Traffic lights",
                                                            "Pedestrians",
                                                            "Children",
                                                            "Cyclists",
                                                            "Snow or ice",
                                                            "Wild animals",
                                                            "End of all restrictions",
                                                            "Turn right ahead",
                                                            "Turn left ahead",
                                                            "Ahead only",
                                                            "Straight on or right",
                                                            "Straight on or left",
                                                            "Keep right",
                                                            "Keep left",
                                                            "Roundabout",
                                                            "End of no overtaking",
                                                            "End of no overtaking by lorries"};

constexpr std::array<std::string_view, 10> kKuzushiji = {"o",  "ki", "su", "tsu", "na",
                                                         "ha", "ma", "ya", "re",  "wo"};

/// EMNIST by class: digits, capitals, small letters (Cohen et al. 2017). Its other parts are some
/// of these.
constexpr std::array<std::string_view, 62> kCharacters = {
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F",
    "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V",
    "W", "X", "Y", "Z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
    "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"};

/// EMNIST balanced and by merge: small letters that look like their capitals are one class.
constexpr std::array<std::string_view, 47> kMerged = {
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F",
    "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V",
    "W", "X", "Y", "Z", "a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t"};

std::span<const std::string_view> names_of(std::string_view dataset) {
  const std::string plain = layouts::plain_name(dataset);
  if (plain == "mnist" || plain == "emnistmnist" || plain == "emnistdigits") return kDigits;
  if (plain == "fashionmnist" || plain == "fashion") return kFashion;
  if (plain == "kmnist" || plain == "kuzushijimnist") return kKuzushiji;
  if (plain == "gtsrb") return kTrafficSigns;
  if (plain == "emnistletters") return std::span(kCharacters).subspan(10, 26);
  if (plain == "emnistbalanced" || plain == "emnistbymerge") return kMerged;
  if (plain == "emnistbyclass") return kCharacters;
  return {};
}

/// Whether these are the plain numbers, and `others` knows none of them.
bool unnamed(const std::vector<std::string>& names, const std::vector<std::string>& others) {
  return are_plain_numbers(names) && std::ranges::none_of(others, [&](const std::string& other) {
           return std::ranges::find(names, other) != names.end();
         });
}

}  // namespace

int known_class_count(const std::string& dataset) {
  return static_cast<int>(names_of(dataset).size());
}

std::vector<std::string> known_class_names(const std::string& dataset, int classes) {
  const auto names = names_of(dataset);
  if (known_class_count(dataset) == classes) return {names.begin(), names.end()};
  std::vector<std::string> numbers;
  numbers.reserve(static_cast<std::size_t>(std::max(classes, 0)));
  for (int i = 0; i < classes; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

Status check_same_classes(const std::string& model, const std::vector<std::string>& model_classes,
                          const Dataset& dataset) {
  const std::vector<std::string>& names = dataset.class_names;
  if (model_classes.size() != names.size()) {
    return Error{concat(model, " has ", model_classes.size(), " classes, but ", dataset.name,
                        " has ", names.size())};
  }
  if (unnamed(model_classes, names) || unnamed(names, model_classes)) return {};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (model_classes[i] == names[i]) continue;
    return Error{concat("class ", i, " of ", model, " is \"", model_classes[i], "\", but that of ",
                        dataset.name, " is \"", names[i],
                        "\": labels would be compared with other classes")};
  }
  return {};
}

std::string matched_by_position(const std::string& model,
                                const std::vector<std::string>& model_classes,
                                const Dataset& dataset) {
  constexpr std::size_t kShown = 3;
  if (model_classes == dataset.class_names || model_classes.empty()) return {};
  const bool models = are_plain_numbers(model_classes);  // else the dataset's are numbers
  const auto& names = models ? dataset.class_names : model_classes;
  std::string pairs;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
    pairs += concat(i == 0 ? "" : ", ", i, " is taken for \"", names[i], "\"");
  }
  return concat("the classes of ", models ? model : dataset.name,
                " have numbers for names: ", pairs, names.size() > kShown ? ", and so on" : "");
}

}  // namespace signflip
